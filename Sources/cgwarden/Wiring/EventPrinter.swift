import ArgumentParser
import Events
import KernelIO
import Reports

/// Prints the events that a user wants, up to the number wanted.
struct EventPrinter {
    let selection: EventSelection
    let isJSON: Bool
    /// Whether further events follow, so that the first ones count and not the last ones.
    let isFollowing: Bool
    /// The number wanted; nil for all.
    let most: Int?
    private var printed = 0
    /// The last events so far, if only the last ones are wanted.
    private var waiting: [Event] = []

    init(selection: EventSelection, isJSON: Bool, isFollowing: Bool, most: Int?) {
        self.selection = selection
        self.isJSON = isJSON
        self.isFollowing = isFollowing
        self.most = most
    }

    /// Takes events in the order of their time; false once the wanted number is printed.
    mutating func take(_ events: [Event]) throws -> Bool {
        let chosen = events.filter(selection.contains)
        guard let most else {
            try emit(chosen)
            return true
        }
        guard isFollowing else {
            waiting += chosen
            if waiting.count / 2 > most { waiting.removeFirst(waiting.count - most) }
            return true
        }
        let rest = chosen.prefix(most - printed)
        try emit(Array(rest))
        printed += rest.count
        return printed < most
    }

    /// Prints what waits for later events.
    mutating func finish() throws {
        guard let most else { return }
        try emit(Array(waiting.suffix(most)))
        waiting = []
    }

    private func emit(_ events: [Event]) throws {
        guard !events.isEmpty else { return }
        try StandardOutput.write(EventOutput(isJSON: isJSON).render(events))
    }
}

/// A comma-separated list of kinds of events.
struct EventKindList {
    let kinds: Set<EventKind>

    init(parsing text: String) throws {
        do throws(EventKind.Mistake) {
            kinds = try EventKind.list(parsing: text)
        } catch {
            throw ValidationError(error.description)
        }
    }
}
