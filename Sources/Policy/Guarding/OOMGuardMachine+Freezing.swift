import PolicyLanguage

extension OOMGuardMachine {
    /// Handles usage at the threshold: freezes it, or makes room if it must not be frozen now.
    mutating func freeze(_ now: PolicyInstant) -> [OOMGuardCommand] {
        lowerAt = nil
        nextRelief = 0
        if let restUntil, now < restUntil {
            state = .yielding
            return yield(now)
        }
        restUntil = nil
        state = .freezing
        isFreezeAsked = true
        confirmBy = now.advanced(by: Self.patience)
        thawBy = settings.onTimeout == .stay ? nil : now.advanced(by: longestFrozen)
        // A cgroup that thaws immediately may freeze again soon; one notice is enough.
        let isNews = toldAt.map { now.since($0) >= Self.tellAgain } ?? true
        if isNews { toldAt = now }
        let text = "memory is at \(seen.usage) of \(limit) bytes: frozen instead of killed"
        return [.freeze(until: thawBy), isNews ? .tell(.warning, text) : .note(text)]
    }

    mutating func awaitFreeze(_ now: PolicyInstant) -> [OOMGuardCommand] {
        if seen.isUnderOOM {
            state = .held
            return [.note("out of memory before all processes were frozen")] + relieve(now)
        }
        if seen.isFrozen {
            state = .frozen
        } else if let confirmBy, now >= confirmBy {
            state = .frozen
            return [.note("some processes are not frozen yet")] + relieve(now)
        } else {
            return []
        }
        return isBelow ? thaw() : relieve(now)
    }

    /// Thaws it, and watches it again.
    mutating func thaw() -> [OOMGuardCommand] {
        state = .watching
        let wasAsked = isFreezeAsked
        forgetFreeze()
        return wasAsked ? [.thaw] : []
    }

    mutating func forgetFreeze() {
        isFreezeAsked = false
        isLastRaise = false
        thawBy = nil
        confirmBy = nil
        belowSince = nil
        // Wait for a pending limit, because its value has to be known.
        if case .limit = pending { return }
        pending = nil
    }

    /// Handles the freeze timeout.
    mutating func timeOut(_ now: PolicyInstant) -> [OOMGuardCommand] {
        if isBelow { return thaw() }
        let late = "frozen for too long at \(seen.usage) of \(limit) bytes: "
        switch settings.onTimeout {
        case .raise:
            guard !isLastRaise, let raise, limit < raise.ceiling else { break }
            isLastRaise = true
            thawBy = now.advanced(by: Self.patience)
            return [.tell(.error, late + "raising the limit")] + start(.limit(raise.ceiling))
        case .kill:
            guard pending != .kill else { break }
            thawBy = now.advanced(by: Self.killPatience)
            return [.tell(.error, late + "killing all of it")] + start(.kill)
        case .stay, .thawKiller: break
        }
        return open([.tell(.error, late + "the OOM killer is enabled")])
    }

    /// Enables the OOM killer, before thawing: otherwise tasks would hit the limit and wait.
    mutating func open(_ words: [OOMGuardCommand]) -> [OOMGuardCommand] {
        let wasAsked = isFreezeAsked
        forgetFreeze()
        state = .open
        return letKernelKill() + (wasAsked ? [.thaw] : []) + words
    }

    /// Stops guarding a cgroup that must not be acted on, and enables the OOM killer.
    mutating func suspend(_ reason: String, _ now: PolicyInstant) -> [OOMGuardCommand] {
        let commands = open([.tell(.warning, "not guarded for now: \(reason)")])
        state = .suspended
        restUntil = now.advanced(by: Self.rest)
        return commands
    }

    /// Thaws it immediately, and raises the limit if allowed.
    mutating func release(_ reason: String, _ now: PolicyInstant) -> [OOMGuardCommand] {
        guard isFreezeAsked, !isKilling else { return [] }
        forgetFreeze()
        releases = min(releases + 1, 6)
        restUntil = now.advanced(by: Self.rest * (1 << (releases - 1)))
        state = .yielding
        return [.thaw, .tell(.warning, "thawed immediately: \(reason)")] + yield(now)
    }

    /// Makes room without freezing; if that fails, the OOM killer acts.
    mutating func yield(_ now: PolicyInstant) -> [OOMGuardCommand] {
        guard pending == nil else { return [] }
        if seen.usage < freezeAt, !seen.isUnderOOM {
            state = .watching
            return []
        }
        if let step = raiseStep() { return start(.limit(step)) }
        return open([.tell(.error, "the limit cannot be raised further: the OOM killer is enabled")]
        )
    }

    /// Restores the original state, immediately where possible.
    mutating func end() -> [OOMGuardCommand] {
        let wasAsked = isFreezeAsked
        forgetFreeze()
        state = .ended
        // A pending raise takes effect anyway.
        let isAsFound = limit == originalLimit && pending == nil
        return letKernelKill() + (wasAsked ? [.thaw] : [])
            + (isAsFound ? [] : [.limit(originalLimit)])
    }

    mutating func letKernelKill() -> [OOMGuardCommand] {
        guard isKillerOff else { return [] }
        isKillerOff = false
        return variant.hasKillerSwitch ? [.killer(isOn: true)] : [.high(nil)]
    }

    mutating func keepKernelFromKilling() -> [OOMGuardCommand] {
        isKillerOff = true
        return variant.hasKillerSwitch ? [.killer(isOn: false)] : [.high(freezeAt)]
    }
}
