"""Who is calling: an access token, verified, becomes an issuer and a subject; nothing else in it counts."""
