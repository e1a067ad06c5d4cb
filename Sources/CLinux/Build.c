#include "Build.h"

#define TEXT_OF(token) #token
#define TEXT(token) TEXT_OF(token)

const char *cgw_revision(void) { return TEXT(CGWARDEN_REVISION); }
