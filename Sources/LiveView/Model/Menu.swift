import CgroupModel

/// A list of choices in a box.
struct Menu: Hashable, Sendable {
    /// The topic, which decides what a choice does.
    enum Topic: Hashable, Sendable {
        case actions, signals, limits, sorting
        /// The signal for one process.
        case process(Int32)
    }

    /// A choice.
    struct Item: Hashable, Sendable {
        /// The key that chooses it directly; nil for none.
        var key: Character?
        /// Its name.
        var name: String
        /// An explanation after the name.
        var note = ""
    }

    let topic: Topic
    let title: String
    let items: [Item]
    var cursor = 0

    /// The kinds of actions and their keys.
    static let actions = Menu(
        topic: .actions, title: "Actions",
        items: LiveAction.allCases.map { Item(key: $0.key, name: $0.name, note: $0.note) })

    /// The signals that a kill of all processes can begin with.
    static let signals = Menu(topic: .signals, title: "Kill all processes with", items: kills)

    /// The signals that a kill of one process can begin with.
    static func signals(for process: ProcessRow) -> Menu {
        Menu(
            topic: .process(process.pid),
            title: "Kill process \(process.pid) (\(process.command)) with", items: kills)
    }

    private static let kills = [
        Item(name: "TERM", note: "then KILL after 10s"),
        Item(name: "INT", note: "then KILL after 10s"),
        Item(name: "HUP", note: "then KILL after 10s"),
        Item(name: "QUIT", note: "dumps core; then KILL after 10s"),
        Item(name: "KILL", note: "immediately"),
    ]

    /// The sort orders.
    static func sorting(_ now: SortKey) -> Menu {
        let items = SortKey.allCases.map { key in
            switch key {
            case .path: Item(name: "path", note: "the name")
            case .io: Item(name: "io", note: "bytes read and written per second")
            case .column(let column): Item(name: column.rawValue, note: column.help)
            }
        }
        return Menu(
            topic: .sorting, title: "Sort by", items: items,
            cursor: SortKey.allCases.firstIndex(of: now) ?? 0)
    }
}

/// An action on the selected or marked cgroups.
enum LiveAction: CaseIterable, Sendable {
    case freeze, kill, limit, pin, reclaim, move, hold, undo

    var key: Character {
        switch self {
        case .freeze: "T"
        case .kill: "K"
        case .limit: "L"
        case .pin: "P"
        case .reclaim: "R"
        case .move: "M"
        case .hold: "H"
        case .undo: "u"
        }
    }

    var name: String {
        switch self {
        case .freeze: "freeze or thaw"
        case .kill: "kill"
        case .limit: "limit"
        case .pin: "pin"
        case .reclaim: "reclaim"
        case .move: "move"
        case .hold: "hold"
        case .undo: "undo"
        }
    }

    var note: String {
        switch self {
        case .freeze: "stop its processes for 60s, or resume them"
        case .kill: "end its processes; asks for the signal"
        case .limit: "choose a limit and type its new value"
        case .pin: "restrict it to CPUs"
        case .reclaim: "reclaim memory that is not in use"
        case .move: "move processes into it"
        case .hold: "keep rules of the daemon from acting on it"
        case .undo: "undo the last action of this view"
        }
    }
}
