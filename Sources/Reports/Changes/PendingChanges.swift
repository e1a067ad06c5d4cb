package import Actuation
internal import CgroupModel

/// The changes that expire, each with its entries.
package struct PendingChanges {
    /// A change with its entries in the journal.
    package struct Change {
        /// The number that `cgwarden confirm` takes.
        package let number: UInt64
        /// The time when it is undone.
        package let expiry: EntryExpiry
        /// The command and its cgroups: `set memory.max=1GiB (/build)`.
        package let summary: String
    }

    /// The changes in the order of their deadlines.
    package let changes: [Change]

    /// Groups entries by change; those that do not expire are skipped.
    package init(_ entries: [JournalEntry]) {
        let groups = Dictionary(grouping: entries.filter { $0.expiry != nil }) {
            $0.expiry?.change ?? 0
        }
        changes = groups.compactMap { number, entries in
            guard let first = entries.first, let expiry = first.expiry else { return nil }
            let paths = Set(entries.map(\.path)).sorted().map(\.description)
            return Change(
                number: number, expiry: expiry,
                summary: "\(first.cause) (\(paths.joined(separator: ", ")))")
        }.sorted { ($0.expiry.deadline, $0.number) < ($1.expiry.deadline, $1.number) }
    }

    /// The changes that can still be confirmed, and are undone otherwise.
    package var awaiting: [Change] {
        changes.filter { $0.expiry.awaitsConfirmation && !$0.expiry.hasPassed() }
    }

    /// A line for each change that awaits a confirmation.
    package var text: String {
        LeftTable(
            awaiting.map {
                ["change \($0.number)", "undone \($0.expiry.text)", $0.summary]
            }
        ).text
    }
}

extension EntryExpiry {
    /// The time when the change is undone: `in 45s unless confirmed`.
    package var text: String {
        if let obstacle { return "overdue: \(obstacle)" }
        if hasPassed() { return "overdue" }
        let when = "in \(timeLeft().roundedText)"
        let why = awaitsConfirmation ? " unless confirmed" : ""
        return when + why + (helper.isRunning ? "" : ", by the next command: its helper died")
    }
}

extension Expiry {
    /// The sentence for a change that was made; nil if it does not expire or has no number.
    package func sentence(_ number: UInt64?) -> String? {
        guard let number, let duration else { return nil }
        return awaitsConfirmation
            ? "will be undone in \(duration.roundedText) unless you keep it: cgwarden confirm \(number)"
            : "will be undone in \(duration.roundedText) (change \(number))"
    }

    /// Writes the key `expiry` if the change expires; without a number, `change` is null.
    func write(_ number: UInt64?, to json: inout JSONWriter) {
        guard let duration else { return }
        json.object("expiry") { json in
            json.member("seconds", Double(duration.milliseconds) / 1000)
            json.member("unless_confirmed", awaitsConfirmation)
            json.key("change")
            if let number { json.value(number) } else { json.literal("null") }
        }
    }

    /// The sentence for a planned change; nil if it does not expire.
    package var plan: String? {
        duration.map {
            "would be undone after \($0.roundedText)"
                + (awaitsConfirmation ? " unless confirmed" : "")
        }
    }
}

extension Duration {
    /// The duration in readable form, rounded up to a unit that suits: `45s`, `10m`, `2h`, `7d`.
    package var roundedText: String {
        let seconds = (milliseconds + 999) / 1000
        if milliseconds < 1000 { return shortText }
        if seconds <= 120 { return "\(seconds)s" }
        let minutes = (seconds + 59) / 60
        if minutes <= 120 { return "\(minutes)m" }
        let hours = (minutes + 59) / 60
        return hours <= 120 ? "\(hours)h" : "\((hours + 23) / 24)d"
    }
}
