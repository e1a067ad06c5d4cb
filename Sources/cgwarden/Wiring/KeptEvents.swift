import Events
import KernelIO
import Reports
import Service

/// Prints the events that the daemon has kept, and follows new ones.
enum KeptEvents {
    /// The interval between requests for further events.
    private static let pace = Duration.milliseconds(100)
    /// The interval between requests to a daemon that does not answer.
    private static let slowPace = Duration.seconds(1)

    /// Prints past events, unless only new ones are selected, then follows new ones.
    static func show(to printer: inout EventPrinter) async throws {
        var reached: UInt64
        if printer.isFollowing, printer.selection.since == nil {
            reached = try DaemonEvents.newest()
        } else {
            guard let last = try past(&printer) else { return }
            reached = last
        }
        guard printer.isFollowing else { return try printer.finish() }
        var isUnreachable = false
        while true {
            var isCurrent = true
            do {
                let reply = try DaemonEvents.after(reached)
                isUnreachable = false
                if reply.lost > 0 { complain("\(reply.lost) events were lost") }
                isCurrent = reply.last <= reached || reply.events.isEmpty
                reached = reply.last
                guard try printer.take(reply.events.map(\.event)) else { return }
            } catch let error as CgwardenError where error.isTransient {
                if !isUnreachable { complain("\(error.message); waiting for the daemon") }
                isUnreachable = true
            }
            if let until = printer.selection.until, MonotonicClock.wallMicroseconds > until {
                return
            }
            if isCurrent { try await Task.sleep(for: isUnreachable ? slowPace : pace) }
        }
    }

    /// Prints the events of the journal and those in the daemon's memory, by number.
    ///
    /// Returns the number reached; nil once enough are printed.
    private static func past(_ printer: inout EventPrinter) throws -> UInt64? {
        // Ask the daemon first: events that leave its memory meanwhile are in the journal.
        var reply = try DaemonEvents.after(0)
        if let failure = reply.failure {
            complain("the daemon keeps events in memory only: \(failure)")
        }
        let journal = reply.journal
        var inMemory: [StoredEvent] = []
        while !reply.events.isEmpty {
            inMemory += reply.events
            reply = try DaemonEvents.after(reply.last)
        }
        let merge = EventMerge(inMemory, last: reply.last)
        let isWanted = try write(merge, journal) { try printer.take($0) }
        return isWanted ? reply.last : nil
    }

    /// Prints the events of a journal.
    ///
    /// Returns false once enough are printed, and the time of the newest event in microseconds
    /// since 1970, 0 if there is none.
    static func read(
        _ journal: String, _ printer: inout EventPrinter
    ) throws -> (isWanted: Bool, newest: UInt64) {
        var newest: UInt64 = 0
        let isWanted = try write(EventMerge([], last: .max), journal) { events in
            newest = events.reduce(newest) { max($0, $1.time.wall) }
            return try printer.take(events)
        }
        return (isWanted, newest)
    }

    /// Writes the events of the journal and of memory; returns false once enough are written.
    ///
    /// `write` writes some events and returns whether more are wanted. It is not called again after
    /// it throws.
    static func write(
        _ merge: EventMerge, _ journal: String?, to write: ([Event]) throws -> Bool
    ) throws -> Bool {
        var merge = merge
        var events: [Event] = []
        var isWanted = true
        var failure: (any Error)?
        func flush() {
            guard isWanted else { return }
            do {
                isWanted = try write(events)
            } catch {
                (failure, isWanted) = (error, false)
            }
            events = []
        }
        do {
            if let journal {
                try EventJournal.read(journal, note: complain) { record in
                    guard isWanted, let stored = StoredEvent(decoding: record) else { return }
                    events += merge.next(onDisk: stored)
                    if events.count >= 1000 { flush() }
                }
            }
        } catch {
            complain("the events on disk cannot be read: \(error)")
        }
        events += merge.rest()
        flush()
        if let failure { throw failure }
        return isWanted
    }

    private static func complain(_ text: String) { StandardOutput.complain("cgwarden: \(text)") }
}

extension CgwardenError {
    /// Whether a restart of the daemon can be the cause.
    fileprivate var isTransient: Bool { status == .unavailable || status == .temporaryFailure }
}
