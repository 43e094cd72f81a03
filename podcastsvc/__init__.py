"""A self-hosted podcast feed publisher and membership manager."""

__version__ = "0.1.0"
