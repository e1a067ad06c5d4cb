import Events
import KernelIO
import Reports
import Service

/// Prints the events that the daemon has kept, and follows new ones.
enum KeptEvents {
    /// The interval at which the daemon is asked for further events.
    private static let pace = Duration.milliseconds(100)
    /// The interval at which a daemon that does not answer is asked again.
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
        var isSilent = false
        while true {
            var isCurrent = true
            do {
                let reply = try DaemonEvents.after(reached)
                isSilent = false
                if reply.lost > 0 { complain("\(reply.lost) events were lost") }
                isCurrent = reply.last <= reached || reply.events.isEmpty
                reached = reply.last
                guard try printer.take(reply.events.map(\.event)) else { return }
            } catch let error as CgwardenError where error.isTransient {
                if !isSilent { complain("\(error.message); waiting for the daemon") }
                isSilent = true
            }
            if let until = printer.selection.until, MonotonicClock.wallMicroseconds > until {
                return
            }
            if isCurrent { try await Task.sleep(for: isSilent ? slowPace : pace) }
        }
    }

    /// Prints the events of the journal, then those in the daemon's memory.
    ///
    /// Returns the number reached; nil once enough are printed.
    private static func past(_ printer: inout EventPrinter) throws -> UInt64? {
        // Ask the daemon first: events that leave its memory meanwhile are in the journal.
        var reply = try DaemonEvents.after(0)
        if let failure = reply.failure {
            complain("the daemon keeps events in memory only: \(failure)")
        }
        var isWanted = true
        if let journal = reply.journal {
            isWanted = try read(journal, before: reply.events.first?.serial, &printer).isWanted
        }
        while isWanted {
            isWanted = try printer.take(reply.events.map(\.event))
            guard !reply.events.isEmpty, isWanted else { break }
            reply = try DaemonEvents.after(reply.last)
        }
        return isWanted ? reply.last : nil
    }

    /// Prints the events of the journal before a number, or all.
    ///
    /// Returns false once enough are printed, and the time of the newest event in microseconds since
    /// 1970; 0 if there is none.
    static func read(
        _ journal: String, before end: UInt64?, _ printer: inout EventPrinter
    ) throws -> (isWanted: Bool, newest: UInt64) {
        var events: [Event] = []
        var newest: UInt64 = 0
        var isWanted = true
        var failure: (any Error)?
        func flush() {
            do {
                if isWanted { isWanted = try printer.take(events) }
            } catch {
                failure = error
            }
            events = []
        }
        do {
            try EventJournal.read(journal, note: complain) { record in
                guard let stored = StoredEvent(decoding: record), stored.serial < end ?? .max
                else { return }
                events.append(stored.event)
                newest = max(newest, stored.event.time.wall)
                if events.count >= 1000 { flush() }
            }
        } catch {
            complain("the events on disk cannot be read: \(error)")
        }
        flush()
        if let failure { throw failure }
        return (isWanted, newest)
    }

    private static func complain(_ text: String) { StandardOutput.complain("cgwarden: \(text)") }
}

extension CgwardenError {
    /// Whether a restart of the daemon can be the cause.
    fileprivate var isTransient: Bool { status == .unavailable || status == .temporaryFailure }
}
