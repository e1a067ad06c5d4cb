#pragma once
// Checks passwords against stored hashes.

/// crypt_r(3): 1 if a secret has this hash, 0 if not, -1 with errno. Takes as long as the hash says.
int cgw_password_matches(const char *secret, const char *hash);
