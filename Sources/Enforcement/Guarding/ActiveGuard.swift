internal import Actuation
internal import CgroupModel
internal import Hierarchy
internal import KernelIO
internal import Policy
internal import PolicyLanguage

/// One armed guard on the runner's thread, which turns observations into actions on its files.
struct ActiveGuard: Sendable {
    let guarding: OOMGuard
    let hooks: [Hook]
    let target: Effect.Target
    let files: GuardedFiles
    let tools: GuardTools
    let lane: SlowLane
    /// Sends an event to the runner's thread, from any thread.
    let post: @Sendable (OOMGuardEvent) -> Void
    var machine: OOMGuardMachine
    /// The values of the policy's other layers for the cgroup.
    private var otherLayers: [LimitKey: LimitValue]

    var thresholds: [MemoryNotice] = []
    var highWatcher = HighWatcher()
    var looks = 0
    var lastLook = PolicyInstant.now
    var lastSlowLook = PolicyInstant(nanoseconds: 0)
    var isConfirmed = false
    var wasEmpty = false

    init(
        _ guarding: OOMGuard, hooks: [Hook], on target: Effect.Target, files: GuardedFiles,
        otherLayers: [LimitKey: LimitValue], tools: GuardTools,
        post: @escaping @Sendable (OOMGuardEvent) -> Void
    ) throws(ActuationError) {
        self.guarding = guarding
        self.hooks = hooks
        self.target = target
        self.files = files
        self.otherLayers = otherLayers
        self.tools = tools
        self.post = post
        let version: OOMGuardMachine.Variant =
            !files.place.isLegacy ? .v2 : files.freezer.pollableState == nil ? .v1 : .hybrid
        let watchdog = try files.place.watchdog().map { $0 / 2 }
        machine = OOMGuardMachine(
            guarding, variant: version, limit: files.limits.original,
            longestFrozen: watchdog.map { min($0, guarding.longestFrozen) })
        do throws(IOError) {
            lane = try SlowLane("guard-relief")
        } catch {
            throw ActuationError(.failed, "\(error)")
        }
    }

    /// Arms the guard completely or not at all.
    mutating func begin() throws(ActuationError) {
        do throws(ActuationError) {
            try files.limits.begin()
            for command in machine.arm() { try doAtOnce(command, .now) }
            audit(.apply, "arm", outcome: .done)
        } catch {
            finish {}
            throw error
        }
    }

    /// Adds the descriptors that wake the guard.
    func add(to list: inout PollList) {
        files.add(to: &list)
        for threshold in thresholds { list.add(threshold.flag.descriptor.number) }
    }

    /// The time of the next check without a wakeup.
    var due: PolicyInstant {
        let interval: Duration =
            switch machine.state {
            case .watching, .ended: .seconds(1)
            case .freezing: .milliseconds(min(1 << min(looks, 5), 20))
            default:
                files.freezer.didRequestFreeze && !isConfirmed
                    ? .milliseconds(20) : .milliseconds(100)
            }
        let tick = lastLook.advanced(by: interval)
        return machine.nextDeadline.map { min($0, tick) } ?? tick
    }

    /// Checks the cgroup and performs the resulting commands.
    mutating func look(_ now: PolicyInstant) {
        files.acknowledge()
        for threshold in thresholds { threshold.flag.lower() }
        handle(observation(now), now)
        // Retry a thaw that failed.
        if files.freezer.didRequestFreeze, !machine.isFreezeAsked { thawForSure() }
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
            seen.hostAvailable = HostMemory.available(tools.context.set.system)
            guard files.freezer.didRequestFreeze else { return .observed(seen) }
            if now.since(lastSlowLook) >= .milliseconds(100) {
                lastSlowLook = now
                wasEmpty = files.place.isEmpty
            }
            seen.isEmpty = wasEmpty
            // The kill itself thaws the cgroup.
            guard !machine.isKilling else { return .observed(seen) }
            guard try files.freezer.isRequested() else {
                return .released("thawed by another program", seen)
            }
            looks += 1
            seen.isFrozen = try files.freezer.checkFrozen(mayThaw: !seen.isUnderOOM)
            if seen.isFrozen, !isConfirmed {
                isConfirmed = true
                audit(.apply, "frozen", outcome: .done)
                if let reason = files.place.lockAwaitedByOthers() { return .released(reason, seen) }
            }
            return .observed(seen)
        } catch let error as IOError {
            return error.isGone ? .gone : unreadable("\(error)")
        } catch {
            return (error as? ActuationError)?.code == .notFound ? .gone : unreadable("\(error)")
        }
    }

    /// Disarms the guard: an unreadable cgroup cannot be guarded and must not stay frozen.
    private func unreadable(_ reason: String) -> OOMGuardEvent {
        audit(.veto, "guard", note: "no longer guarded: \(reason)")
        return .disarm
    }

    /// Detects a live-lock caused by throttling, and ends it.
    private mutating func watchThrottle(_ now: PolicyInstant) {
        guard let throttle = files.throttle,
            let sample = files.highSample(usage: machine.seen.usage),
            highWatcher.observe(sample, at: now)
        else { return }
        let outcome = result { () throws(ActuationError) in try lift(throttle) }
        audit(
            .apply, "set", outcome: outcome,
            note: "memory.high stalled the cgroup; the guard will not set it for 10 min")
    }

    /// Updates the values of the policy's other layers.
    mutating func take(otherLayers: [LimitKey: LimitValue]) {
        guard otherLayers != self.otherLayers else { return }
        let isChanged = otherLayers[GuardedFiles.high] != self.otherLayers[GuardedFiles.high]
        self.otherLayers = otherLayers
        guard isChanged, let throttle = files.throttle else { return }
        lane.add { [self] in
            let outcome = result { () throws(ActuationError) in
                try throttle.updateOtherLayers(
                    otherLayers[GuardedFiles.high], cause: "guard \(guarding.name)")
            }
            if case .failed = outcome { audit(.apply, "set", outcome: outcome) }
        }
    }

    /// The values that the guard has set.
    var settings: [LimitKey: LimitValue] { files.limits.settings(at: machine.limit) }

    /// The values that the guard keeps at or below a number.
    var bounds: [LimitKey: LimitValue] {
        guard files.throttle != nil, machine.isKillerOff, !highWatcher.isResting(.now) else {
            return [:]
        }
        return [GuardedFiles.high: .number(machine.freezeAt)]
    }

    /// Restores the cgroup and releases everything; calls `ended` once the slow actions are done,
    /// too.
    mutating func finish(_ ended: @escaping @Sendable () -> Void) {
        handle(.disarm, .now)
        thawForSure()
        putBack { () throws(ActuationError) in try files.killer?.putBack() }
        thresholds = []
        lane.add { [self] in
            // Runs after everything else in the lane.
            putBack { () throws(ActuationError) in
                try files.throttle?.putBack(cause: "guard \(guarding.name)")
            }
            putBack { () throws(ActuationError) in
                // Another cgroup at this path has its own guard.
                try files.place.memory.checkCurrent()
                try files.limits.putBack(otherLayers: otherLayers)
            }
            ended()
        }
        lane.close()
    }

    /// Restores a value; an error goes to the audit log.
    private func putBack(_ body: () throws(ActuationError) -> Void) {
        let outcome = result(body)
        if case .failed = outcome { audit(.undo, "set", outcome: outcome) }
    }

    /// Removes the throttle now, and again after any write of it that is pending in the lane.
    func lift(_ throttle: ThrottlePoint) throws(ActuationError) {
        lane.add { try? throttle.lift() }
        try throttle.lift()
    }

    private func thawForSure() {
        guard files.freezer.didRequestFreeze else { return }
        _ = result { () throws(ActuationError) in try files.freezer.thaw() }
        tools.deadlines?.forget(inode: files.freezer.inode)
    }

    var cause: Cause {
        Cause(
            "memory.current >= \(machine.freezeAt)",
            evidence: [
                .init(term: "memory.current", value: "\(machine.seen.usage)B"),
                .init(term: "memory.max", value: "\(machine.limit)B"),
            ])
    }

    func audit(
        _ phase: AuditRecord.Phase, _ action: String?, outcome: EffectResult.Outcome? = nil,
        note: String? = nil
    ) {
        tools.audit(
            AuditRecord(
                wallTime: MonotonicClock.wallMicroseconds, sequence: 0, phase: phase,
                origin: .guarding(guarding.name), target: target, action: action,
                outcome: outcome, note: note, cause: cause))
    }

    func result(
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
