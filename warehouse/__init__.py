"""Where data rests: paths, connections, landed files, the dbt runner, releases. Imports nothing of ours."""
