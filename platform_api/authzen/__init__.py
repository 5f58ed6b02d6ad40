"""The OpenID AuthZEN Authorization API 1.0: others ask what the rules say; nothing is minted here."""
