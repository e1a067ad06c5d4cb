import ArgumentParser
import CgroupModel
import Events
import KernelIO
import Reports

/// Prints the selected events, up to a maximum number.
struct EventPrinter {
    let selection: EventSelection
    let isJSON: Bool
    /// Whether new events follow; ``most`` then selects the first events instead of the last.
    let isFollowing: Bool
    /// The maximum number of events; nil for all.
    let most: Int?
    private var printed = 0
    /// The last events so far, if only the last ones are printed.
    private var waiting: [Event] = []

    init(selection: EventSelection, isJSON: Bool, isFollowing: Bool, most: Int?) {
        self.selection = selection
        self.isJSON = isJSON
        self.isFollowing = isFollowing
        self.most = most
    }

    /// Takes events by number; returns false once the maximum number is printed.
    mutating func take(_ events: [Event]) throws -> Bool {
        let chosen = events.filter(selection.contains)
        guard let most else {
            try emit(chosen)
            return true
        }
        guard isFollowing else {
            waiting += chosen
            waiting.sort { $0.time.wall < $1.time.wall }
            if waiting.count / 2 > most { waiting.removeFirst(waiting.count - most) }
            return true
        }
        let rest = chosen.prefix(most - printed)
        try emit(Array(rest))
        printed += rest.count
        return printed < most
    }

    /// Prints the last events, which were held back until no more can follow.
    mutating func finish() throws {
        guard let most else { return }
        try emit(Array(waiting.suffix(most)))
        waiting = []
    }

    private func emit(_ events: [Event]) throws {
        guard !events.isEmpty else { return }
        // The numbers follow the order in which events were found, which differs within a tick.
        let sorted = events.sorted { $0.time.wall < $1.time.wall }
        try StandardOutput.write(EventOutput(isJSON: isJSON).render(sorted))
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
