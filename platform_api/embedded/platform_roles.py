"""The platform's own rights in an account, as IAM documents: least privilege for each of its roles.

Nothing here is particular to the embedded AWS: an operator creates the same roles on AWS.
"""

from collections.abc import Mapping, Sequence

Statement = Mapping[str, object]
Document = Mapping[str, object]

PLATFORM_PATH = "/sluicegate/"
PLATFORM_USER = "sluicegate-platform"
BROKER_ROLE = "sluicegate-broker"
PROVISIONER_ROLE = "sluicegate-provisioner"
PURGER_ROLE = "sluicegate-purger"
ENFORCER_ROLE = "sluicegate-enforcer"

_BOUNDARY_KEY = "iam:PermissionsBoundary"

_CATALOGUE = ("catalog", "database/*", "table/*")


def document(*statements: Statement) -> Document:
    """An IAM policy document of these statements."""
    return {"Version": "2012-10-17", "Statement": list(statements)}


def role_arn(account_id: str, name: str) -> str:
    """The ARN of one of the platform's own roles."""
    return f"arn:aws:iam::{account_id}:role{PLATFORM_PATH}{name}"


def trust_in_platform(account_id: str, external_id: str) -> Document:
    """Lets only the platform's user in, whose account this is, and only with our external id."""
    user = f"arn:aws:iam::{account_id}:user{PLATFORM_PATH}{PLATFORM_USER}"
    return document(
        {
            "Sid": "PlatformOnly",
            "Effect": "Allow",
            "Principal": {"AWS": user},
            "Action": "sts:AssumeRole",
            "Condition": {"StringEquals": {"sts:ExternalId": external_id}},
        }
    )


def platform_user_policy(*accounts: str) -> Document:
    """What the platform itself may do: become its roles in each of its accounts, the enforcer where there is one."""
    own = (BROKER_ROLE, PROVISIONER_ROLE, PURGER_ROLE, ENFORCER_ROLE)
    return document(
        _allow(
            "BecomeOwnRoles",
            ["sts:AssumeRole", "sts:SetSourceIdentity", "sts:TagSession"],
            [role_arn(account, name) for account in accounts for name in own],
        )
    )


def broker_policy(account_id: str) -> Document:
    """The broker: makes, changes and removes bounded roles under /jit/ and lends them; changes nothing else.

    Listing roles has no narrower resource that every AWS agrees on; it shows names only. A role that does not
    exist has no path, so looking for one and removing one are allowed for the names that we would give.
    """
    minted = f"arn:aws:iam::{account_id}:role/jit/*"
    named = f"arn:aws:iam::{account_id}:role/sg-*"
    bounded = {"ArnLike": {_BOUNDARY_KEY: f"arn:aws:iam::{account_id}:policy/sluicegate/boundary/*"}}
    look = ["iam:GetRole", "iam:GetRolePolicy", "iam:ListRolePolicies", "iam:ListRoleTags"]
    return document(
        _allow("MintBounded", ["iam:CreateRole", "iam:PutRolePolicy"], minted, bounded),
        _allow(
            "KeepMinted",
            [*look, "iam:DeleteRole", "iam:DeleteRolePolicy", "iam:TagRole", "iam:UpdateAssumeRolePolicy"],
            minted,
        ),
        _allow("SeeThatItIsGone", [*look, "iam:DeleteRole", "iam:DeleteRolePolicy"], named),
        _allow("FindMinted", "iam:ListRoles", "*"),
        _allow("ReadSourcesPolicies", list(_OWN_POLICIES), "*"),
        _allow("LendMinted", ["sts:AssumeRole", "sts:SetSourceIdentity", "sts:TagSession"], minted),
        _deny(
            "NeverWiden",
            [
                "iam:AttachRolePolicy",
                "iam:DeleteRolePermissionsBoundary",
                "iam:PassRole",
                "iam:PutRolePermissionsBoundary",
            ],
            "*",
        ),
        {
            "Sid": "NothingElse",
            "Effect": "Deny",
            "NotAction": ["iam:ListRoles", "sts:GetCallerIdentity", *_OWN_POLICIES],
            "NotResource": [minted, named],
        },
    )


def enforcer_policy(account_id: str, region: str) -> Document:
    """The enforcer: data cells filters, permissions through them, workgroups and databases; reads no data of a lake.

    It has to be able to grant SELECT on the governed tables in Lake Formation too, which IAM does not give. Permissions
    of Lake Formation know no resource in IAM. Not needed by the embedded AWS, which has no Lake Formation.
    """
    place = f"{region}:{account_id}"
    filters = ["CreateDataCellsFilter", "DeleteDataCellsFilter", "GetDataCellsFilter", "ListDataCellsFilter"]
    permissions = ["GrantPermissions", "ListPermissions", "ListResources", "RevokePermissions"]
    groups = ["CreateWorkGroup", "DeleteWorkGroup", "TagResource", "UpdateWorkGroup"]
    queries = ["BatchGetQueryExecution", "ListQueryExecutions", "StopQueryExecution"]
    return document(
        _allow("Filters", [f"lakeformation:{action}" for action in (*filters, *permissions)], "*"),
        _allow(
            "GrantWorkgroups",
            [f"athena:{action}" for action in (*groups, *queries)],
            f"arn:aws:athena:{place}:workgroup/sg-env-*-gr_*",
        ),
        _allow("FindWorkgroups", "athena:ListWorkGroups", "*"),
        _allow(
            "ListsOfHosts",
            ["network-firewall:DescribeRuleGroup", "network-firewall:UpdateRuleGroup"],
            f"arn:aws:network-firewall:{place}:stateful-rulegroup/*",
        ),
        _allow("DatabaseUsers", "rds-db:connect", f"arn:aws:rds-db:{place}:dbuser:*/sluicegate"),
        _allow("Redshift", [f"redshift-data:{action}" for action in _DATA_API], "*"),
        _allow("RedshiftUser", "redshift:GetClusterCredentials", f"arn:aws:redshift:{place}:dbuser:*/sluicegate"),
        _allow("RedshiftDatabase", "redshift:GetClusterCredentials", f"arn:aws:redshift:{place}:dbname:*"),
        _allow(
            "RedshiftServerless",
            "redshift-serverless:GetCredentials",
            f"arn:aws:redshift-serverless:{place}:workgroup/*",
        ),
        _allow("LookAtTables", "glue:GetTable", [f"arn:aws:glue:{place}:{part}" for part in _CATALOGUE]),
        _deny("NoData", ["lakeformation:GetDataAccess", "athena:StartQueryExecution", "athena:GetQueryResults"], "*"),
    )


def provisioner_policy(account_id: str, region: str) -> Document:
    """The provisioner: makes environments by CloudFormation; never a minted role, never data.

    On AWS what CloudFormation makes is made with these rights too.
    """
    place, iam = f"{region}:{account_id}", f"arn:aws:iam::{account_id}"
    boundaries, roles = f"{iam}:policy/sluicegate/boundary/*", f"{iam}:role/sluicegate/env/*"
    bounded = {"ArnLike": {_BOUNDARY_KEY: boundaries}}
    return document(
        _allow("Stacks", list(_STACK_ACTIONS), f"arn:aws:cloudformation:{place}:stack/sg-*/*"),
        _allow("Workspaces", list(_BUCKET_ACTIONS), "arn:aws:s3:::sg-ws-*"),
        _allow("Probe", ["s3:GetObject", "s3:PutObject"], "arn:aws:s3:::sg-ws-*/.sluicegate/*"),
        _allow("Keys", list(_KEY_ACTIONS), "*", {"StringEquals": {"aws:ResourceAccount": account_id}}),
        _allow(
            "KeysThroughS3",
            ["kms:Decrypt", "kms:GenerateDataKey"],
            "*",
            {"StringEquals": {"kms:ViaService": f"s3.{region}.amazonaws.com"}},
        ),
        _allow("Boundaries", list(_POLICY_ACTIONS), boundaries),
        _allow(
            "BoundedRoles",
            ["iam:CreateRole", "iam:PutRolePermissionsBoundary", "iam:PutRolePolicy"],
            roles,
            bounded,
        ),
        _allow("Roles", list(_ROLE_ACTIONS), roles),
        _allow("Logs", list(_LOG_ACTIONS), f"arn:aws:logs:{place}:log-group:/sluicegate/*"),
        _allow(
            "Catalogue",
            list(_GLUE_ACTIONS),
            [f"arn:aws:glue:{place}:catalog", f"arn:aws:glue:{place}:database/sg_*"],
        ),
        _allow(
            "DescribedTables",
            list(_IMPORT_ACTIONS),
            [f"arn:aws:glue:{place}:{part}" for part in ("catalog", "database/*", "table/*/*")],
        ),
        _allow("Queries", list(_ATHENA_ACTIONS), f"arn:aws:athena:{place}:workgroup/sg-*"),
        _allow("Images", list(_ECR_ACTIONS), f"arn:aws:ecr:{place}:repository/sg-*"),
        _deny("NeverBecome", ["iam:PassRole", "sts:AssumeRole*"], "*"),
        _deny(
            "NeverTheirs",
            "iam:*",
            [f"{iam}:role/jit/*", f"{iam}:role/sluicegate/sluicegate-*", f"{iam}:user/*"],
        ),
        {
            "Sid": "NeverData",
            "Effect": "Deny",
            "Action": ["s3:*Object*", "s3:*AccessPoint*"],
            "NotResource": "arn:aws:s3:::sg-ws-*/.sluicegate/*",
        },
    )


def purger_policy() -> Document:
    """The purger: lists and deletes what grants could write in workspaces, whole and for good; never reads it."""
    buckets = "arn:aws:s3:::sg-ws-*"
    objects = [f"{buckets}/work/*", f"{buckets}/athena/*"]
    look = ["s3:ListBucketMultipartUploads", "s3:ListBucketVersions"]
    remove = ["s3:AbortMultipartUpload", "s3:DeleteObject", "s3:DeleteObjectVersion"]
    return document(
        _allow("Look", look, buckets),
        _allow("Remove", remove, objects),
        {"Sid": "NothingElse", "Effect": "Deny", "NotAction": [*look, *remove], "Resource": "*"},
        {"Sid": "NowhereElse", "Effect": "Deny", "Action": "s3:*", "NotResource": [buckets, *objects]},
    )


def _allow(
    sid: str,
    actions: str | Sequence[str],
    resources: str | Sequence[str],
    condition: Mapping[str, object] | None = None,
) -> Statement:
    statement: dict[str, object] = {"Sid": sid, "Effect": "Allow", "Action": actions, "Resource": resources}
    return statement if condition is None else {**statement, "Condition": condition}


def _deny(sid: str, actions: str | Sequence[str], resources: str | Sequence[str]) -> Statement:
    return {"Sid": sid, "Effect": "Deny", "Action": actions, "Resource": resources}


_OWN_POLICIES = (
    "codeartifact:GetRepositoryPermissionsPolicy",
    "dynamodb:GetResourcePolicy",
    "ecr:GetRepositoryPolicy",
    "glue:GetResourcePolicy",
    "kinesis:GetResourcePolicy",
    "kms:DescribeKey",
    "kms:GetKeyPolicy",
    "kms:ListGrants",
    "s3:GetAccessPointPolicy",
    "s3:GetBucketAcl",
    "s3:GetBucketOwnershipControls",
    "s3:GetBucketPolicy",
    "s3:GetBucketPublicAccessBlock",
    "s3:GetEncryptionConfiguration",
    "s3:ListAccessPoints",
    "secretsmanager:GetResourcePolicy",
)
"""Who gets in at a source by its own policies; none of these reads data or changes anything."""
_STACK_ACTIONS = (
    "cloudformation:CreateStack",
    "cloudformation:DeleteStack",
    "cloudformation:DescribeStack*",
    "cloudformation:DetectStack*",
    "cloudformation:GetTemplate",
    "cloudformation:ListStackResources",
    "cloudformation:TagResource",
    "cloudformation:UpdateStack",
)
_BUCKET_ACTIONS = (
    "s3:CreateBucket",
    "s3:DeleteBucket",
    "s3:GetBucketLocation",
    "s3:GetBucketOwnershipControls",
    "s3:GetBucketPolicy",
    "s3:GetBucketPublicAccessBlock",
    "s3:GetBucketTagging",
    "s3:GetEncryptionConfiguration",
    "s3:PutBucketOwnershipControls",
    "s3:PutBucketPublicAccessBlock",
    "s3:PutBucketTagging",
    "s3:PutEncryptionConfiguration",
)
_KEY_ACTIONS = (
    "kms:CreateKey",
    "kms:DescribeKey",
    "kms:EnableKeyRotation",
    "kms:GetKeyPolicy",
    "kms:GetKeyRotationStatus",
    "kms:ListResourceTags",
    "kms:PutKeyPolicy",
    "kms:ScheduleKeyDeletion",
    "kms:TagResource",
)
_POLICY_ACTIONS = (
    "iam:CreatePolicy",
    "iam:CreatePolicyVersion",
    "iam:DeletePolicy",
    "iam:DeletePolicyVersion",
    "iam:GetPolicy",
    "iam:GetPolicyVersion",
    "iam:ListPolicyTags",
    "iam:ListPolicyVersions",
    "iam:TagPolicy",
)
_DATA_API = ("BatchExecuteStatement", "DescribeStatement", "ExecuteStatement", "GetStatementResult")
_ROLE_ACTIONS = (
    "iam:DeleteRole",
    "iam:DeleteRolePolicy",
    "iam:GetRole",
    "iam:GetRolePolicy",
    "iam:ListAttachedRolePolicies",
    "iam:ListRolePolicies",
    "iam:ListRoleTags",
    "iam:TagRole",
    "iam:UpdateAssumeRolePolicy",
)
_LOG_ACTIONS = (
    "logs:CreateLogGroup",
    "logs:DeleteLogGroup",
    "logs:DescribeLogGroups",
    "logs:ListTagsForResource",
    "logs:PutRetentionPolicy",
    "logs:TagResource",
)
_GLUE_ACTIONS = (
    "glue:CreateDatabase",
    "glue:DeleteDatabase",
    "glue:GetDatabase",
    "glue:GetTags",
    "glue:TagResource",
    "glue:UpdateDatabase",
)
_IMPORT_ACTIONS = (
    "glue:GetDatabases",
    "glue:GetPartitions",
    "glue:GetTables",
)
"""Reading what tables there are, for the catalogue (`sluice data import`): definitions, never data."""
_ATHENA_ACTIONS = (
    "athena:CreateWorkGroup",
    "athena:DeleteWorkGroup",
    "athena:GetWorkGroup",
    "athena:ListTagsForResource",
    "athena:TagResource",
    "athena:UpdateWorkGroup",
)
_ECR_ACTIONS = (
    "ecr:CreateRepository",
    "ecr:DeleteRepository",
    "ecr:DescribeRepositories",
    "ecr:ListTagsForResource",
    "ecr:PutImageScanningConfiguration",
    "ecr:PutImageTagMutability",
    "ecr:TagResource",
)
