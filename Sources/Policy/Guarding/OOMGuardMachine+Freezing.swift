import PolicyLanguage

extension OOMGuardMachine {
    /// At the threshold: stop it, or make room where it must not be stopped now.
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
        // One that thaws at once may be back soon, and people need not hear of each time.
        let isNews = toldAt.map { now.since($0) >= Self.tellAgain } ?? true
        if isNews { toldAt = now }
        let text = "memory is at \(seen.usage) of \(limit) bytes: frozen instead of killed"
        return [.freeze(until: thawBy), isNews ? .tell(.warning, text) : .note(text)]
    }

    mutating func awaitFreeze(_ now: PolicyInstant) -> [OOMGuardCommand] {
        if seen.isUnderOOM {
            state = .held
            return [.note("out of memory before all of it stood still")] + relieve(now)
        }
        if seen.isFrozen {
            state = .frozen
        } else if let confirmBy, now >= confirmBy {
            state = .frozen
            return [.note("not_confirmed: not all of it stands still")] + relieve(now)
        } else {
            return []
        }
        return isBelow ? thaw() : relieve(now)
    }

    /// Lets it go on, and watches it again.
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
        // A limit that is being set is waited for, since it has to be known.
        if case .limit = pending { return }
        pending = nil
    }

    /// Stood still for too long.
    mutating func timeOut(_ now: PolicyInstant) -> [OOMGuardCommand] {
        if isBelow { return thaw() }
        let late = "frozen for too long at \(seen.usage) of \(limit) bytes: "
        switch settings.onTimeout {
        case .raise:
            guard !isLastRaise, let raise, limit < raise.ceiling else { break }
            isLastRaise = true
            thawBy = now.advanced(by: Self.patience)
            return [.tell(.error, late + "the limit is raised")] + start(.limit(raise.ceiling))
        case .kill:
            guard pending != .kill else { break }
            thawBy = now.advanced(by: Self.killPatience)
            return [.tell(.error, late + "all of it is ended")] + start(.kill)
        case .stay, .thawKiller: break
        }
        return open([.tell(.error, late + "the kernel may kill")])
    }

    /// Gives the kernel its way; before anything goes on, or it would run into the limit and wait.
    mutating func open(_ words: [OOMGuardCommand]) -> [OOMGuardCommand] {
        let wasAsked = isFreezeAsked
        forgetFreeze()
        state = .open
        return letKernelKill() + (wasAsked ? [.thaw] : []) + words
    }

    /// Nothing may be done to it; without the guard the kernel has to kill.
    mutating func suspend(_ reason: String, _ now: PolicyInstant) -> [OOMGuardCommand] {
        let commands = open([.tell(.warning, "not guarded now: \(reason)")])
        state = .suspended
        restUntil = now.advanced(by: Self.rest)
        return commands
    }

    /// It goes on at once, and gets more memory if it may.
    mutating func release(_ reason: String, _ now: PolicyInstant) -> [OOMGuardCommand] {
        guard isFreezeAsked, !isKilling else { return [] }
        forgetFreeze()
        releases = min(releases + 1, 6)
        restUntil = now.advanced(by: Self.rest * (1 << (releases - 1)))
        state = .yielding
        return [.thaw, .tell(.warning, "goes on at once: \(reason)")] + yield(now)
    }

    /// Makes room without freezing; where that fails the kernel has to kill.
    mutating func yield(_ now: PolicyInstant) -> [OOMGuardCommand] {
        guard pending == nil else { return [] }
        if seen.usage < freezeAt, !seen.isUnderOOM {
            state = .watching
            return []
        }
        if let step = raiseStep() { return start(.limit(step)) }
        return open([.tell(.error, "no memory is left to give: the kernel may kill")])
    }

    /// Leaves it as it was found, as far as that can be done at once.
    mutating func end() -> [OOMGuardCommand] {
        let wasAsked = isFreezeAsked
        forgetFreeze()
        state = .ended
        // One that is still being raised will be raised.
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
