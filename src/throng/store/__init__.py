"""Everything that is kept: tables, migrations, and the only places that speak SQL."""
