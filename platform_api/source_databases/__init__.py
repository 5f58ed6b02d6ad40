"""Databases that data lies in: users of grants are made and ended there, by SQL that a library has quoted."""
