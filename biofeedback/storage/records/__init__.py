"""People, their plans and their sessions, in one encrypted database beside the recordings.

`store` opens it, `people` and `sessions` read and change it, `keeping` takes in what a session was. `values` has what
comes back: frozen values that know no database. `tables` has the models, in types that PostgreSQL has too.
"""
