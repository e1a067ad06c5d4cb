#pragma once
// Wide characters need these before <ncurses.h>; macros that hide functions are of no use to Swift.
#define _XOPEN_SOURCE_EXTENDED 1
#define NCURSES_WIDECHAR 1
#define NCURSES_NOMACROS 1
#include <langinfo.h>
#include <locale.h>
#include <ncurses.h>
#include <term.h>

// Attributes are macros over casts, which Swift does not import.
static const attr_t cgw_attr_normal = A_NORMAL;
static const attr_t cgw_attr_bold = A_BOLD;
static const attr_t cgw_attr_dim = A_DIM;
static const attr_t cgw_attr_reverse = A_REVERSE;
static const attr_t cgw_attr_underline = A_UNDERLINE;

// Mutable C globals are out of reach for Swift 6.
static inline SCREEN *cgw_newterm(void) { return newterm(NULL, stdout, stdin); }
static inline WINDOW *cgw_stdscr(void) { return stdscr; }
static inline int cgw_colors(void) { return COLORS; }
static inline const char *cgw_codeset(void) { return nl_langinfo(CODESET); }

// Whether the terminal of the last setupterm can move its cursor; without that there is no view.
static inline bool cgw_moves_cursor(void) {
    const char *sequence = tigetstr("cup");
    return sequence != NULL && sequence != (char *)-1;
}
