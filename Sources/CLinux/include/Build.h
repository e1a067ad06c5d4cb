#pragma once

/// The revision that the build was told, or "unknown".
const char *cgw_revision(void);
