#include "Password.h"

#include <crypt.h>
#include <stdlib.h>
#include <string.h>

int cgw_password_matches(const char *secret, const char *hash)
{
    // 32 KiB, too much for the stack of a thread.
    struct crypt_data *data = calloc(1, sizeof *data);
    if (data == NULL)
        return -1;
    const char *made = crypt_r(secret, hash, data);
    int matches = 0;
    if (made != NULL && strlen(made) == strlen(hash)) {
        // Compare every byte, so that the time does not reveal the first difference.
        unsigned char difference = 0;
        for (size_t index = 0; hash[index] != 0; index++)
            difference |= (unsigned char)made[index] ^ (unsigned char)hash[index];
        matches = difference == 0;
    }
    explicit_bzero(data, sizeof *data);
    free(data);
    return matches;
}
