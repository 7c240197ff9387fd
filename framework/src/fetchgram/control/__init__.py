"""The authority: what admins may do, asked of the database at every call, and the record of what they did."""
