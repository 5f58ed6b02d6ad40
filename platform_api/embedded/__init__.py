"""The whole platform on loopback: an enforcing AWS, an identity provider, a sample organisation."""
