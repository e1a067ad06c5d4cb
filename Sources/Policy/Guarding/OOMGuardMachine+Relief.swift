import PolicyLanguage

extension OOMGuardMachine {
    /// The first raise in the settings.
    var raise: (step: UInt64, ceiling: UInt64, hostFreeAtLeast: UInt64)? {
        for relief in settings.relief {
            if case .raise(let step, let ceiling, let floor) = relief {
                return (step, ceiling, floor)
            }
        }
        return nil
    }

    /// The next higher limit; nil at the ceiling, or if the host has too little memory.
    func raiseStep() -> UInt64? {
        guard let raise, limit < raise.ceiling, let available = seen.hostAvailable,
            available >= raise.hostFreeAtLeast
        else { return nil }
        return min(limit + raise.step, raise.ceiling)
    }

    /// Tries the next relief step, one at a time.
    mutating func relieve(_ now: PolicyInstant) -> [OOMGuardCommand] {
        var notes: [OOMGuardCommand] = []
        while pending == nil, nextRelief < settings.relief.count {
            switch settings.relief[nextRelief] {
            case .reclaim:
                nextRelief += 1
                guard variant == .v2 || settings.allowsForceEmpty else {
                    notes.append(.note("reclaim skipped: v1 supports only allow_force_empty"))
                    continue
                }
                let surplus = seen.usage - min(resumeAt, seen.usage)
                return notes + start(.reclaim(surplus + 1))
            case .raise:
                guard let step = raiseStep() else {
                    nextRelief += 1
                    notes.append(.note(whyNotRaised))
                    continue
                }
                return notes + start(.limit(step))
            case .hook(let name):
                nextRelief += 1
                return notes + start(.hook(name))
            }
        }
        return notes
    }

    private var whyNotRaised: String {
        guard let raise, limit < raise.ceiling else { return "the limit is at its ceiling" }
        let available = seen.hostAvailable.map { "\($0) bytes" } ?? "an unknown amount"
        return "limit not raised: the host has \(available) available"
    }

    mutating func start(_ command: OOMGuardCommand) -> [OOMGuardCommand] {
        pending = command
        return [command]
    }

    mutating func finish(
        _ command: OOMGuardCommand, _ outcome: OOMGuardOutcome, _ now: PolicyInstant
    ) -> [OOMGuardCommand] {
        // The end of a command of an earlier freeze is irrelevant.
        guard command == pending else { return [] }
        pending = nil
        let commands =
            switch command {
            case .limit(let bytes): limitSet(bytes, outcome, now)
            case .kill: killed(outcome)
            default: [OOMGuardCommand]()
            }
        return commands + advance(now)
    }

    private mutating func limitSet(
        _ bytes: UInt64, _ outcome: OOMGuardOutcome, _ now: PolicyInstant
    ) -> [OOMGuardCommand] {
        let isRaise = bytes > limit
        switch outcome {
        case .done, .partial:
            limit = bytes
            let commands = rewatch()
            guard isLastRaise else { return commands }
            return commands + thaw()
        case .busy(let reason), .failed(let reason):
            guard isRaise else {
                lowerAt = now.advanced(by: Self.lowerAgain)
                return [.note("the limit stays raised for now: \(reason)")] + rewatch()
            }
            if isLastRaise || state == .yielding {
                return open([.tell(.error, "cannot raise the limit: \(reason)")])
            }
            nextRelief += 1
            return [.note("cannot raise the limit: \(reason)")]
        }
    }

    /// Moves the thresholds with the limit.
    private func rewatch() -> [OOMGuardCommand] {
        (isKillerOff && !variant.hasKillerSwitch ? [.high(freezeAt)] : []) + [watch]
    }

    private mutating func killed(_ outcome: OOMGuardOutcome) -> [OOMGuardCommand] {
        switch outcome {
        case .done, .partial: thaw()
        case .busy(let reason), .failed(let reason):
            open([.tell(.error, "cannot kill it: \(reason); the OOM killer is enabled")])
        }
    }

    /// Moves the thresholds with a limit set by another program, which is not restored.
    mutating func adopt(_ bytes: UInt64) -> [OOMGuardCommand] {
        let difference = max(bytes, limit) - min(bytes, limit)
        // The kernel rounds to pages, of up to 64 KiB.
        guard pending == nil, state == .watching, difference >= 1 << 16 else { return [] }
        limit = bytes
        originalLimit = bytes
        lowerAt = nil
        return [.note("another program set the limit to \(bytes) bytes")] + rewatch()
    }

    /// Lowers a raised limit in steps, once usage was low for long enough.
    mutating func lowerLimit(_ now: PolicyInstant) -> [OOMGuardCommand] {
        guard limit > originalLimit, let raise, pending == nil else { return [] }
        // One step below the resume threshold, so that it is not frozen again soon.
        let resume = Self.share(settings.resumeAt, of: originalLimit)
        guard seen.usage + raise.step < resume || seen.usage < resume / 2 else {
            lowerAt = nil
            return []
        }
        let due = lowerAt ?? now.advanced(by: Self.lowFor)
        lowerAt = due
        guard now >= due else { return [] }
        let next = max(originalLimit, limit - min(raise.step, limit))
        let high = Self.share(settings.freezeAt, of: next)
        return (variant.hasKillerSwitch ? [] : [.high(high)]) + start(.limit(next))
    }
}
