#include "CFuzzer.h"

// libFuzzer's own main is linked in, too, though it never runs, and it wants this.
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count)
{
    (void)bytes;
    (void)count;
    return 0;
}
