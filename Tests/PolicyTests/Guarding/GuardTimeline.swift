import Configuration
import Policy
import PolicyLanguage

private let gib: UInt64 = 1 << 30

/// A guard over time: what it wanted done, with the second at which it did.
struct GuardTimeline {
    var machine: OOMGuardMachine
    var log: [String] = []

    init(
        _ variant: OOMGuardMachine.Variant, limit: UInt64 = 16 * gib,
        relief: [OOMGuard.Relief] = [
            .reclaim, .raise(step: gib, ceiling: 20 * gib, hostFreeAtLeast: 4 * gib),
            .hook("page-dba"),
        ],
        onTimeout: OOMGuard.Timeout = .thawKiller, configure: (inout OOMGuard) -> Void = { _ in }
    ) {
        // The database of the specification.
        var guarding = OOMGuard(
            name: "db-guard", position: ConfigPosition(file: "p.yaml", line: 1, column: 1),
            group: "db", longestFrozen: .seconds(30), relief: relief)
        guarding.resumeAt = 0.88
        guarding.onTimeout = onTimeout
        configure(&guarding)
        machine = OOMGuardMachine(guarding, variant: variant, limit: limit)
        note(machine.arm(), 0)
    }

    private static func instant(_ seconds: Double) -> PolicyInstant {
        PolicyInstant(nanoseconds: UInt64((1000 + seconds) * 1e9))
    }

    /// Numbers in GiB, and without the sentences.
    private mutating func note(_ commands: [OOMGuardCommand], _ seconds: Double) {
        func size(_ bytes: UInt64) -> String {
            let hundredths = (Double(bytes) / Double(gib) * 100).rounded() / 100
            return "\(hundredths)"
        }
        for command in commands {
            let text: String? =
                switch command {
                case .killer(let isOn): isOn ? "killer on" : "killer off"
                case .high(let bytes): "high \(bytes.map(size) ?? "original")"
                case .watch(let freeze, let resume): "watch \(size(freeze))/\(size(resume))"
                case .freeze: "freeze"
                case .thaw: "thaw"
                case .reclaim(let bytes): "reclaim \(size(bytes))"
                case .limit(let bytes): "limit \(size(bytes))"
                case .hook(let name): "hook \(name)"
                case .kill: "kill"
                case .tell(let level, _): "tell \(level.rawValue)"
                case .note: nil
                }
            if let text { log.append("\(seconds) \(text)") }
        }
    }

    mutating func see(
        _ seconds: Double, _ usage: Double, oom: Bool = false, frozen: Bool = false,
        empty: Bool = false, host: Double? = 8
    ) {
        let observation = OOMGuardObservation(
            usage: UInt64(usage * Double(gib)), isUnderOOM: oom, isFrozen: frozen, isEmpty: empty,
            hostAvailable: host.map { UInt64($0 * Double(gib)) })
        note(machine.handle(.observed(observation), at: Self.instant(seconds)), seconds)
    }

    mutating func release(_ seconds: Double, _ usage: Double) {
        let observation = OOMGuardObservation(
            usage: UInt64(usage * Double(gib)), hostAvailable: 8 * gib)
        tell(seconds, .released("psql waits", observation))
    }

    mutating func tell(_ seconds: Double, _ event: OOMGuardEvent) {
        note(machine.handle(event, at: Self.instant(seconds)), seconds)
    }

    mutating func finish(
        _ seconds: Double, _ command: OOMGuardCommand, _ outcome: OOMGuardOutcome = .done
    ) { tell(seconds, .finished(command, outcome)) }

    /// The commands since the last query.
    mutating func recent() -> [String] {
        defer { log = [] }
        return log
    }
}
