internal import Actuation
internal import CgroupModel
internal import Hierarchy
internal import Policy
internal import PolicyLanguage

extension EffectResult.Failure {
    init(_ error: ActuationError) { self.init(errno: error.errno, error.message) }
}

extension EffectResult.Outcome {
    /// Converts an error: a veto if the action was refused beforehand, otherwise a failure.
    init(_ error: ActuationError) {
        switch error.code {
        case .refused, .outOfRange, .inTheWay: self = .vetoed(error.message)
        default: self = .failed(.init(error))
        }
    }

    /// Whether the rest of a chain must be skipped.
    var endsChain: Bool {
        switch self {
        case .done, .partial, .ineffective: false
        default: true
        }
    }

    /// Summarizes the results of a transaction.
    init(_ results: [LimitResult]) {
        var failure: ActuationError?
        var isRolledBack = false
        var isHalfway = false
        var weaker: [String] = []
        var ignored: [String] = []
        for result in results {
            let cell = result.write.cell
            let now = result.effective ?? result.readBack ?? "unknown"
            switch result.outcome {
            case .failed(let error): failure = error
            case .rolledBack: isRolledBack = true
            case .notRolledBack: isHalfway = true
            case .rounded, .clamped: weaker.append("\(cell) is \(now), not \(result.write.rawNew)")
            case .ineffective: ignored.append("\(cell) is still \(now)")
            case .applied, .unchanged, .unverified, .skipped: break
            }
        }
        if let failure {
            self =
                isHalfway
                ? .halfway(.init(failure))
                : isRolledBack ? .rolledBack(.init(failure)) : .init(failure)
        } else if !ignored.isEmpty {
            self = .ineffective(ignored.joined(separator: "; "))
        } else {
            self = weaker.isEmpty ? .done : .partial(weaker.joined(separator: "; "))
        }
    }

    /// Summarizes the results of a restore.
    init(_ results: [RestoreResult]) {
        var notes: [String] = []
        for result in results {
            let cell = result.entry.cell
            switch result.outcome {
            case .failed(let error):
                self = .halfway(.init(error))
                return
            case .foreign:
                notes.append("\(cell) was left alone: changed by another program since")
            case .beingWritten(let process):
                notes.append("\(cell) is being changed by process \(process.pid) of cgwarden")
            case .residue(let text): notes.append("\(cell) cannot be cleared; it is \(text) now")
            case .restored, .already, .kept, .overridden, .gone: break
            }
        }
        self = notes.isEmpty ? .done : .partial(notes.joined(separator: "; "))
    }
}

/// The values to restore, with their names in the policy.
struct RestoringEffect {
    let target: HeldTarget
    let keys: [LimitKey]
    let owner: String
    let system: SystemRoot

    /// Whether a journal entry records one of the values for this owner.
    func isWanted(_ entry: JournalEntry) -> Bool {
        entry.owner == owner && target.owns(entry) && key(of: entry) != nil
    }

    private func key(of entry: JournalEntry) -> LimitKey? {
        keys.first { key in
            key.limit.map { entry.isPart(of: $0, instance: key.instance, on: system) } ?? false
        }
    }

    func changes(_ results: [RestoreResult]) -> [EffectResult.Change] {
        results.compactMap { result in
            guard let key = key(of: result.entry), let found = result.found else { return nil }
            let original = result.entry.original
            let after =
                switch result.outcome {
                case .restored, .already: original
                case .residue(let text): text
                case .gone, .kept, .overridden, .foreign, .beingWritten, .failed: found
                }
            return EffectResult.Change(
                key: key, file: "\(result.entry.cell)", before: found, wanted: original,
                after: after)
        }
    }
}
