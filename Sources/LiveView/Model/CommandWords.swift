import CgroupModel

/// The words of a command line of the view.
struct CommandWords: Hashable, Sendable {
    /// The name of the command.
    let name: String
    /// The words after it.
    private(set) var rest: [String]
    private let shape: CommandShape

    /// Splits a line at blanks; a part in quotes is one word, and `\'` and `\"` outside of them are
    /// literal quotes.
    ///
    /// Any other backslash has no meaning, because names of units contain some. Scalars are read,
    /// because a combining mark after a quote forms one character with it.
    static func split(_ line: String) -> [String] {
        var words: [String] = []
        var word: String?
        var quote: Unicode.Scalar?
        var rest = line.unicodeScalars[...]
        while let scalar = rest.popFirst() {
            var literal = scalar
            if let open = quote {
                if scalar == open {
                    quote = nil
                    continue
                }
            } else if isQuote(scalar) {
                quote = scalar
                word = word ?? ""
                continue
            } else if scalar.properties.isWhitespace {
                if let done = word { words.append(done) }
                word = nil
                continue
            } else if scalar == "\\", let next = rest.first, isQuote(next) {
                literal = next
                rest.removeFirst()
            }
            word = (word ?? "") + String(literal)
        }
        if let word { words.append(word) }
        return words
    }

    private static func isQuote(_ scalar: Unicode.Scalar) -> Bool {
        scalar == "'" || scalar == "\""
    }

    /// The line of a command for sh(1), which ``split(_:)`` reads, too.
    static func line(_ words: [String]) -> String {
        words.map { ShellWord.quoted($0) }.joined(separator: " ")
    }

    /// Reads the words of a known command; nil for an unknown one.
    init?(_ words: [String], among shapes: [CommandShape]) {
        guard let first = words.first, let shape = shapes.first(where: { $0.name == first }) else {
            return nil
        }
        name = first
        rest = Array(words.dropFirst())
        self.shape = shape
    }

    /// The words, the name first.
    var all: [String] { [name] + rest }

    var hasPlan: Bool { shape.hasPlan }

    /// Whether it names no cgroup but takes one.
    var lacksCgroup: Bool { shape.place != .none && cgroup == nil }

    /// The positions in ``rest`` of the words that are neither options nor their values.
    private var arguments: [Int] {
        var found: [Int] = []
        var isValue = false
        for (place, word) in rest.enumerated() {
            if isValue {
                isValue = false
            } else if word.hasPrefix("-"), word.count > 1 {
                isValue = shape.valued.contains(word)
            } else {
                found.append(place)
            }
        }
        return found
    }

    /// The named cgroup; nil if none is named.
    var cgroup: String? {
        let arguments = arguments
        switch shape.place {
        case .none: return nil
        case .last:
            guard let last = arguments.last, Int32(rest[last]) == nil else { return nil }
            return rest[last]
        case .first:
            guard let first = arguments.first, !isOther(rest[first]) else { return nil }
            return rest[first]
        }
    }

    /// Whether the first argument cannot be meant as a cgroup: the value of `set`, the amount of
    /// `reclaim`, the time of `hold`, the name in `get`.
    private func isOther(_ word: String) -> Bool {
        switch name {
        case "set": word.contains("=") && !word.hasPrefix("/")
        case "get":
            CatalogName(word) != nil || !LimitCatalog.rows(ofGroup: word).isEmpty
        case "reclaim": word.first?.isNumber == true && !word.contains("/")
        case "hold": Interval(argument: word) != nil
        default: false
        }
    }

    /// The same command on a cgroup, if it takes one and names none.
    func on(_ cgroup: String) -> CommandWords {
        guard lacksCgroup else { return self }
        var result = self
        if shape.place == .last {
            result.rest.append(cgroup)
        } else {
            result.rest.insert(cgroup, at: arguments.first ?? rest.count)
        }
        return result
    }

    /// Returns the commands that undo this one, given the number of its change, or the reason why
    /// this one cannot be undone.
    func undo(change: UInt64?) -> Undo {
        guard let cgroup else { return .none("\(name) cannot be undone here") }
        return switch name {
        case "freeze": .commands([["thaw", cgroup]])
        case "set", "pin", "move", "create":
            change.map { .commands([["restore", "--change", "\($0)"]]) }
                ?? .none("\(name) changed nothing")
        case "hold" where !rest.contains("--release"): .commands([["hold", cgroup, "--release"]])
        case "thaw": .none("a thaw cannot be undone; freeze it again")
        case "kill": .none("a kill cannot be undone")
        case "reclaim": .none("a reclaim cannot be undone")
        default: .none("\(name) cannot be undone here")
        }
    }

    /// The way to undo a command.
    enum Undo: Hashable, Sendable {
        case commands([[String]])
        /// The reason why the command cannot be undone.
        case none(String)
    }
}
