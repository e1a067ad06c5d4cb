/// The explanations of all keys and columns.
enum HelpText {
    /// A key or a column with its meaning; a line without a name is a heading.
    struct Line: Hashable, Sendable {
        var name = ""
        var text: String
    }

    static let lines: [Line] = [keys, columns, cells].flatMap { $0 }

    private static let keys: [Line] = [
        Line(text: "Act on the selected or marked cgroups; each shows its plan and asks"),
        Line(name: "a", text: "menu of all actions"),
        Line(name: "T", text: "freeze for 60 s, or thaw"),
        Line(name: "K F9", text: "kill; asks for the signal"),
        Line(name: "L F7 F8", text: "set a limit"),
        Line(name: "P R M H", text: "pin to CPUs, reclaim memory, move processes in, hold"),
        Line(name: "u", text: "undo the last action of this view"),
        Line(name: ":", text: "a shell command; for the selection if it names no cgroup"),
        Line(name: ". Insert", text: "mark; U removes all marks"),
        Line(text: "Order and display"),
        Line(name: "p t c m i", text: "sort by path, tasks, CPU, memory, I/O"),
        Line(name: "S F6", text: "sort by any column; < and > sort by the neighboring column"),
        Line(name: "r", text: "reverse the order (counters always include descendants)"),
        Line(name: "1 to 5", text: "columns: overview, memory, I/O, pressure, limits"),
        Line(name: "( )", text: "scroll the columns sideways; also Shift-left and Shift-right"),
        Line(name: "%", text: "CPU in percent (100 is one CPU), or total time"),
        Line(name: "F5 V", text: "tree, or all cgroups in one list"),
        Line(name: "D", text: "show or hide cgroups that ended in the last 30 s (dimmed)"),
        Line(name: "I", text: "hide cgroups without tasks, then idle ones, too"),
        Line(name: "F", text: "follow the selected row when the order changes"),
        Line(name: "f F2", text: "choose the columns of the overview"),
        Line(name: "s", text: "save order, columns and interval for the next start"),
        Line(text: "Move and find"),
        Line(name: "arrows j k", text: "move; left folds or goes to the parent, right unfolds"),
        Line(name: "PgUp PgDn", text: "a page up or down; Home g and End G to the ends"),
        Line(name: "Enter", text: "fold or unfold the selected cgroup"),
        Line(name: "/ F4", text: "filter: web, cpu > 50, state = throttled, a | b; \\ clears it"),
        Line(name: "^U ^W", text: "in a prompt, erase the line or the last word"),
        Line(name: "mouse", text: "select, sort by a head, scroll; Shift selects text"),
        Line(text: "Details, processes, causes and events"),
        Line(name: "Tab S-Tab", text: "details: CPU, memory, I/O, pressure, limits; Esc closes"),
        Line(name: "z", text: "the processes of the selected cgroup; Esc goes back"),
        Line(name: "x", text: "why it is slow, stuck or about to be killed; Esc goes back"),
        Line(name: "e", text: "the newest events: OOM kills, limit hits, births and so on"),
        Line(text: "Time"),
        Line(name: "+ -", text: "longer or shorter interval"),
        Line(name: "space", text: "sample now; in a replay, pause or resume"),
        Line(name: "Z", text: "pause; [ and ] then step back and forward, { and } by 10"),
        Line(name: "g", text: "in a replay, go to a time: -2h, 14:02, yesterday 14:00"),
        Line(name: "n N", text: "in a replay, go to the next or previous event"),
        Line(name: "v", text: "in the history: last sample, peak or mean of a period"),
        Line(name: "Ctrl-L", text: "redraw the screen"),
        Line(name: "q F10", text: "quit"),
    ]

    private static let columns: [Line] =
        [Line(text: "Columns")] + Column.allCases.map { Line(name: $0.facts.title, text: $0.help) }

    private static let cells: [Line] = [
        Line(text: "Cells without a number"),
        Line(name: "-", text: "no value: no file, no second sample yet, or not supported"),
        Line(name: "max", text: "no limit"),
        Line(name: "?", text: "this user may not read the file"),
        Line(name: "bad", text: "the file could not be parsed"),
    ]
}
