import Actuation
import CgroupModel
import Events
import KernelIO
import Reports

/// Answers the requests of commands on the control socket.
struct DaemonRequests: Sendable {
    let machine: Machine
    let warden: Warden
    let trail: AuditTrail
    let numbers: WardenNumbers
    let events: EventWatch
    let history: HistoryWriter?
    /// Reads the policy again; a failure is logged and keeps the old one.
    let reload: @Sendable () async -> Void
    /// Requests the end of the daemon.
    let end: @Sendable () -> Void

    /// Answers the words of a request; throws ``CgwardenError`` if it cannot be served.
    func answer(_ words: [String]) async throws -> String {
        switch (words.first ?? "", words.count) {
        case ("status", 1),
            ("status", 2) where words.last == "json":
            var state = numbers.current
            state.history = history?.current
            let report = StatusReport(
                state, auditFailure: trail.failure, lostAuditLines: trail.dropped,
                await warden.policy,
                await warden.standing(mostIdle: StatusReport.mostIdle),
                pending: PendingChanges((try? machine.journal.entries()) ?? []))
            return words.count == 1
                ? report.text : String(decoding: report.json, as: UTF8.self)
        case ("explain", 2):
            return try await warden.explanation(of: CgroupPath(controlWord: words[1])).text
        case ("explain", 3) where words[2] == "json":
            let report = try await warden.explanation(of: CgroupPath(controlWord: words[1]))
            return String(decoding: report.json, as: UTF8.self)
        case (DaemonEvents.word, 2):
            guard let serial = UInt64(words[1]) else {
                throw CgwardenError("\(words[1]) is not the number of an event", .usage)
            }
            return DaemonEvents.text(
                events.store.events(after: serial, most: DaemonEvents.most), after: serial,
                journal: events.journalPath, failure: events.journalFailure)
        case (DaemonEvents.wordForLine, 2):
            return DaemonEvents.line(
                of: CgroupPath(controlWord: words[1]), in: events.store,
                now: MonotonicClock.wallMicroseconds)
        case ("claims", 2):
            return ClaimLines.text(await warden.claims(on: CgroupPath(controlWord: words[1])))
        case ("dead", 2), ("dead", 3):
            let glob =
                words.count == 3
                ? String(decoding: PercentText.decoded(words[2]), as: UTF8.self) : nil
            let listing = events.dead(glob.flatMap { PathPattern($0) })
            return words[1] == "json"
                ? String(decoding: listing.json, as: UTF8.self) : listing.text
        case ("hold", 3):
            guard let micros = Int64(words[2]), micros > 0 else {
                throw CgwardenError("\(words[2]) is not a number of microseconds", .usage)
            }
            let hold = try machine.holds.hold(
                CgroupPath(controlWord: words[1]), for: .microseconds(micros))
            return HoldListing.text([hold])
        case ("release", 2):
            let path = CgroupPath(controlWord: words[1])
            return HoldListing.released(path, wasHeld: try machine.holds.release(path))
        case ("reload", 1):
            await reload()
            return ""
        case ("panic", 1):
            let isClean = await warden.stop()
            end()
            let rest = ChangesByHand((try? machine.journal.entries()) ?? []).sentence
            return
                (isClean
                ? "the daemon's changes are undone; daemon stopping\n"
                : PanicAnswer.incomplete + "\n") + (rest.map { $0 + "\n" } ?? "")
        default:
            throw CgwardenError(
                "unknown request \"\(words.joined(separator: " "))\"", .usage)
        }
    }
}

/// The daemon's answer to `panic`.
package enum PanicAnswer {
    /// The first line of the answer if values are left; the command then fails.
    package static let incomplete =
        "some of the daemon's changes could not be undone; daemon stopping; see `cgwarden journal`"
}
