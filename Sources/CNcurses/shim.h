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

// Reports clicks and turns of the wheel as KEY_MOUSE, without waiting for a double click.
static inline void cgw_enable_mouse(void) {
    mouseinterval(0);
    mousemask(BUTTON1_PRESSED | BUTTON1_CLICKED | BUTTON4_PRESSED | BUTTON5_PRESSED, NULL);
}

// What a mouse did: 1 for the left button, 2 and 3 for the wheel up and down, 0 for anything else.
static inline int cgw_read_mouse(int *row, int *column) {
    MEVENT event;
    if (getmouse(&event) != OK) return 0;
    *row = event.y;
    *column = event.x;
    if (event.bstate & (BUTTON1_PRESSED | BUTTON1_CLICKED)) return 1;
    if (event.bstate & BUTTON4_PRESSED) return 2;
    if (event.bstate & BUTTON5_PRESSED) return 3;
    return 0;
}

// Whether the terminal of the last setupterm can move its cursor; without that there is no view.
static inline bool cgw_moves_cursor(void) {
    const char *sequence = tigetstr("cup");
    return sequence != NULL && sequence != (char *)-1;
}
