internal import Actuation
internal import CgroupModel
internal import Hierarchy
internal import KernelIO
internal import Policy

/// One armed guard, as the runner's thread has it: what the machine says, done with the files.
struct ActiveGuard: Sendable {
    let guarding: OOMGuard
    let hooks: [Hook]
    let target: Effect.Target
    let files: GuardedFiles
    let tools: GuardTools
    let lane: SlowLane
    /// Brings an event to the runner's thread, from any other.
    let post: @Sendable (OOMGuardEvent) -> Void
    var machine: OOMGuardMachine

    private var thresholds: [MemoryNotice] = []
    private var highWatcher = HighWatcher()
    private var looks = 0
    private var lastLook = PolicyInstant.now
    private var lastSlowLook = PolicyInstant(nanoseconds: 0)
    private var isConfirmed = false
    private var wasEmpty = false

    init(
        _ guarding: OOMGuard, hooks: [Hook], on target: Effect.Target, files: GuardedFiles,
        tools: GuardTools, post: @escaping @Sendable (OOMGuardEvent) -> Void
    ) throws(ActuationError) {
        self.guarding = guarding
        self.hooks = hooks
        self.target = target
        self.files = files
        self.tools = tools
        self.post = post
        let version: OOMGuardMachine.Variant =
            !files.place.isLegacy ? .v2 : files.freezer.notices == nil ? .v1 : .hybrid
        let watchdog = files.place.watchdog.map { $0 / 2 }
        machine = OOMGuardMachine(
            guarding, variant: version, limit: files.limits.original,
            longestFrozen: watchdog.map { min($0, guarding.longestFrozen) })
        do throws(IOError) {
            lane = try SlowLane("guard-relief")
        } catch {
            throw ActuationError(.failed, "\(error)")
        }
    }

    /// Arms it; all of it or nothing.
    mutating func begin() throws(ActuationError) {
        do throws(ActuationError) {
            for command in machine.arm() { try doAtOnce(command, .now) }
            if guarding.killsAsOne, files.throttle != nil { try files.limits.killAsOne() }
            audit(.apply, "arm", outcome: .done)
        } catch {
            finish()
            throw error
        }
    }

    // MARK: - Waiting

    /// What wakes it up.
    func add(to list: inout PollList) {
        files.add(to: &list)
        for threshold in thresholds { list.add(threshold.flag.descriptor.number) }
    }

    /// When it has to be looked at although nothing woke it up.
    var due: PolicyInstant {
        let interval: Duration =
            switch machine.state {
            case .watching, .ended: .seconds(1)
            case .freezing: .milliseconds(min(1 << min(looks, 5), 20))
            default: files.freezer.isAsked && !isConfirmed ? .milliseconds(20) : .milliseconds(100)
            }
        let tick = lastLook.advanced(by: interval)
        return machine.nextDeadline.map { min($0, tick) } ?? tick
    }

    /// Looks at the cgroup and does what follows.
    mutating func look(_ now: PolicyInstant) {
        files.acknowledge()
        for threshold in thresholds { threshold.flag.lower() }
        handle(observation(now), now)
        guard machine.state == .watching, now.since(lastSlowLook) >= .seconds(1) else { return }
        lastSlowLook = now
        watchThrottle(now)
        if let limit = files.limits.now { handle(.limitChanged(limit), now) }
    }

    private mutating func observation(_ now: PolicyInstant) -> OOMGuardEvent {
        lastLook = now
        do {
            var seen = OOMGuardObservation(usage: try files.bytesInUse())
            seen.isUnderOOM = try files.killer?.isUnderOOM ?? false
            guard machine.isActing || seen.usage >= machine.freezeAt || seen.isUnderOOM else {
                return .observed(seen)
            }
            seen.hostAvailable = HostMemory.available(tools.set.system)
            guard files.freezer.isAsked else { return .observed(seen) }
            if now.since(lastSlowLook) >= .milliseconds(100) {
                lastSlowLook = now
                wasEmpty = files.place.isEmpty
            }
            seen.isEmpty = wasEmpty
            // Whoever ends it has to let it go on.
            guard !machine.isKilling else { return .observed(seen) }
            guard files.freezer.isRequested else { return .released("someone thawed it", seen) }
            looks += 1
            seen.isFrozen = try files.freezer.stands(mayLetGo: !seen.isUnderOOM)
            if seen.isFrozen, !isConfirmed {
                isConfirmed = true
                audit(.apply, "frozen", outcome: .done)
                if let reason = files.place.lockAwaitedByOthers() { return .released(reason, seen) }
            }
            return .observed(seen)
        } catch {
            return .gone
        }
    }

    /// Ends a live-lock that the throttle has led to.
    private mutating func watchThrottle(_ now: PolicyInstant) {
        guard let throttle = files.throttle,
            let sample = files.highSample(usage: machine.seen.usage),
            highWatcher.observe(sample, at: now)
        else { return }
        let outcome = result { () throws(ActuationError) in try throttle.lift() }
        audit(
            .apply, "set", outcome: outcome,
            note: "memory.high throttled it to a standstill: raised to max, not set for 10 min")
    }

    // MARK: - Doing

    mutating func handle(_ event: OOMGuardEvent, _ now: PolicyInstant) {
        var next: OOMGuardEvent? = event
        while let event = next {
            next = nil
            let before = machine.state
            let commands = machine.handle(event, at: now)
            for command in commands {
                next = perform(command, now)
                // What was to follow supposed that it would be done.
                if next != nil { break }
            }
            if machine.state != before {
                audit(.state, nil, note: "\(before.rawValue) -> \(machine.state.rawValue)")
            }
        }
    }

    private mutating func perform(
        _ command: OOMGuardCommand, _ now: PolicyInstant
    ) -> OOMGuardEvent? {
        switch command {
        case .tell(let level, let text):
            audit(.apply, command.action, note: text)
            tools.notices.send(
                Notice(
                    sinks: guarding.sinks, level: level,
                    text: "\(guarding.name): \(target.path): \(text)",
                    fields: [
                        "CGWARDEN_RULE": guarding.name, "CGWARDEN_GROUP": "\(target.path)",
                    ]))
            return nil
        case .note(let text):
            audit(.plan, nil, note: text)
            return nil
        case .freeze:
            if let reason = whyNotFrozen() {
                audit(.veto, command.action, outcome: .vetoed(reason))
                return .refused(reason)
            }
        case .high(.some) where highWatcher.isResting(now):
            audit(.veto, command.action, note: "memory.high is not set again yet")
            return nil
        default: break
        }
        if command.isSlow || isThrottling(command) {
            doLater(command)
            return nil
        }
        do throws(ActuationError) {
            try doAtOnce(command, now)
            audit(.apply, command.action, outcome: .done)
            return nil
        } catch {
            let isGone = error.code == .notFound
            audit(
                .apply, command.action,
                outcome: isGone ? .gone : .failed(.init(errno: error.errno, error.message)))
            if isGone { return .gone }
            if case .freeze = command { return .refused("\(error)") }
            return nil
        }
    }

    /// Setting memory.high reclaims, which takes its time.
    private func isThrottling(_ command: OOMGuardCommand) -> Bool {
        if case .high(.some) = command { return true }
        return false
    }

    private func whyNotFrozen() -> String? {
        tools.protected.refusal(of: .freeze, on: target.path) ?? tools.hold(target.path)
            ?? files.place.disagreement()
    }

    /// What is done on the runner's thread.
    private mutating func doAtOnce(
        _ command: OOMGuardCommand, _ now: PolicyInstant
    ) throws(ActuationError) {
        let cause = "guard \(guarding.name)"
        switch command {
        case .killer(let isOn):
            if isOn { try files.killer?.turnOn() } else { try files.killer?.turnOff(cause: cause) }
        case .high(let bytes?): try files.throttle?.set(bytes, cause: cause)
        case .high(nil): try files.throttle?.lift()
        case .watch(let freezeAt, let resumeAt):
            guard files.place.isLegacy else { return }
            var notices: [MemoryNotice] = []
            for bytes in [freezeAt, resumeAt] {
                notices.append(try MemoryNotice(.usage(bytes), of: files.place.memory))
            }
            thresholds = notices
        case .freeze(let deadline):
            looks = 0
            isConfirmed = false
            wasEmpty = false
            lastSlowLook = now
            try files.freezer.freeze(cause: cause)
            if let deadline {
                tools.deadlines?.thaw(
                    inode: files.freezer.inode, within: deadline.since(now))
            }
        case .thaw:
            try files.freezer.thaw()
            tools.deadlines?.forget(inode: files.freezer.inode)
        case .reclaim, .limit, .hook, .kill, .tell, .note: break
        }
    }

    private func doLater(_ command: OOMGuardCommand) {
        if case .hook(let name) = command { return run(hook: name, command) }
        lane.add { [self] in
            var copy = self
            let outcome = copy.doSlowly(command)
            copy.audit(.apply, command.action, outcome: outcome.audited)
            if command.isSlow { post(.finished(command, outcome)) }
        }
    }

    private mutating func doSlowly(_ command: OOMGuardCommand) -> OOMGuardOutcome {
        do throws(ActuationError) {
            switch command {
            case .limit(let bytes): return files.limits.set(bytes)
            case .reclaim(let bytes):
                let done = try Reclaimer(
                    set: tools.set, files: tools.files, protected: tools.protected
                ).reclaim(
                    target.path, files.place.isLegacy ? .all : .bytes(bytes), deadline: .seconds(2))
                let freed = done.before - min(done.after, done.before)
                return done.isPartial ? .partial("\(freed) bytes less in use") : .done
            case .kill:
                _ = try Killer(set: tools.set, files: tools.files, protected: tools.protected)
                    .kill(target.path, grace: .zero)
                return .done
            default:
                try doAtOnce(command, .now)
                return .done
            }
        } catch {
            return error.code == .busy ? .busy("\(error)") : .failed("\(error)")
        }
    }

    private func run(hook name: String, _ command: OOMGuardCommand) {
        guard let hook = hooks.first(where: { $0.name == name }) else {
            return post(.finished(command, .failed("no hook is named \(name)")))
        }
        let run = HookRun(
            hook: hook, rule: guarding.name, target: target, action: "relief", phase: .relief,
            cause: cause)
        tools.hooks.start(run) { ending in
            let outcome: OOMGuardOutcome =
                switch ending {
                case .succeeded: .done
                case .vetoed: .partial("vetoed")
                case .failed(let reason): .failed(reason)
                case .timedOut: .failed("it did not end in time")
                }
            audit(.apply, "hook", outcome: outcome.audited, note: name)
            post(.finished(command, outcome))
        }
    }

    /// Leaves the cgroup as it was found, and gives everything up; `waits` until slow things are
    /// done, too.
    mutating func finish(waits: Bool = false) {
        handle(.disarm, .now)
        lane.close(waits: waits)
        _ = result { () throws(ActuationError) in try files.killer?.putBack() }
        _ = result { () throws(ActuationError) in try files.throttle?.putBack() }
        thresholds = []
    }

    // MARK: - Telling

    private var cause: Cause {
        Cause(
            "memory.usage >= \(machine.freezeAt)",
            evidence: [
                .init(term: "memory.usage", value: "\(machine.seen.usage)B"),
                .init(term: "memory.max", value: "\(machine.limit)B"),
            ])
    }

    private func audit(
        _ phase: AuditRecord.Phase, _ action: String?, outcome: EffectResult.Outcome? = nil,
        note: String? = nil
    ) {
        tools.audit(
            AuditRecord(
                wallTime: MonotonicClock.wallMicroseconds, sequence: 0, phase: phase,
                origin: .guarding(guarding.name), target: target, action: action,
                outcome: outcome, note: note, cause: cause))
    }

    private func result(
        _ body: () throws(ActuationError) -> Void
    ) -> EffectResult.Outcome {
        do throws(ActuationError) {
            try body()
            return .done
        } catch {
            return error.code == .notFound
                ? .gone : .failed(.init(errno: error.errno, error.message))
        }
    }
}
