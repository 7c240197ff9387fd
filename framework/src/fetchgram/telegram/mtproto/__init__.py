"""Large files over MTProto: our own connections and uploader over kurigram's types, key exchange and transports.

Importing kurigram takes a second and 50 MB: `gateway` alone is imported at start and loads the rest for the first file.
"""
