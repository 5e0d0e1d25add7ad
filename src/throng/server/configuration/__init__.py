"""The whole configuration as one YAML file: read, written, and brought into the database."""
