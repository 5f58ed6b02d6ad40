// What the kinds of data are called.
const NAMES: Record<string, [string, string]> = {
  "s3-prefix": ["S3 prefix", "S3 prefixes"],
  "glue-table": ["Glue table", "Glue tables"],
  "glue-view": ["Glue view", "Glue views"],
  "glue-database": ["Glue database", "Glue databases"],
  "data-product": ["data product", "data products"],
  "dynamodb-table": ["DynamoDB table", "DynamoDB tables"],
  "redshift-database": ["Redshift database", "Redshift databases"],
  "redshift-workgroup": ["Redshift workgroup", "Redshift workgroups"],
  "rds-database": ["RDS database", "RDS databases"],
  "kinesis-stream": ["Kinesis stream", "Kinesis streams"],
  secret: ["secret", "secrets"],
  "bedrock-model": ["Bedrock model", "Bedrock models"],
  "image-repository": ["image repository", "image repositories"],
  "package-repository": ["package repository", "package repositories"],
};

/** `glue-table` as "Glue table", as a name that stands by itself. */
export function kindName(kind: string): string {
  const name = NAMES[kind]?.[0] ?? kind.replaceAll("-", " ");
  return name.charAt(0).toUpperCase() + name.slice(1);
}

/** So many of a kind, in a sentence: "2 Glue tables". */
export function ofKind(count: number, kind: string): string {
  const [one, more] = NAMES[kind] ?? [kind.replaceAll("-", " "), `${kind.replaceAll("-", " ")}s`];
  return counted(count, one, more);
}

/** "1 source", "2 sources". */
export function counted(count: number, one: string, more = `${one}s`): string {
  return `${count} ${count === 1 ? one : more}`;
}
