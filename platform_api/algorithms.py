"""What a token may be signed with."""

from enum import StrEnum


class SignatureAlgorithm(StrEnum):
    """What a token may be signed with: asymmetric algorithms only (RFC 7518, RFC 8037)."""

    RS256 = "RS256"
    RS384 = "RS384"
    RS512 = "RS512"
    PS256 = "PS256"
    PS384 = "PS384"
    PS512 = "PS512"
    ES256 = "ES256"
    ES384 = "ES384"
    ES512 = "ES512"
    EDDSA = "EdDSA"
