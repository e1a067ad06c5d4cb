#pragma once

/// The revision that was passed to the build, or "unknown".
const char *cgw_revision(void);
