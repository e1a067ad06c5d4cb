internal import Actuation
internal import CgroupModel
internal import Hierarchy
internal import KernelIO
internal import Policy
internal import PolicyLanguage

extension ActiveGuard {
    mutating func handle(_ event: OOMGuardEvent, _ now: PolicyInstant) {
        var next: OOMGuardEvent? = event
        while let event = next {
            next = nil
            let before = machine.state
            let commands = machine.handle(event, at: now)
            for command in commands {
                next = perform(command, now)
                // The remaining commands assume that this one succeeded.
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

    /// Whether the command sets `memory.high`, which is slow because the kernel reclaims.
    private func isThrottling(_ command: OOMGuardCommand) -> Bool {
        if case .high(.some) = command { return true }
        return false
    }

    private func whyNotFrozen() -> String? {
        tools.context.protected.refusal(of: .freeze, on: target.path) ?? tools.hold(target.path)
            ?? files.place.disagreement()
    }

    /// Performs a command on the runner's thread.
    mutating func doAtOnce(
        _ command: OOMGuardCommand, _ now: PolicyInstant
    ) throws(ActuationError) {
        let cause = "guard \(guarding.name)"
        switch command {
        case .killer(let isOn):
            if isOn { try files.killer?.turnOn() } else { try files.killer?.turnOff(cause: cause) }
        case .high(let bytes?): try files.throttle?.set(bytes, cause: cause)
        case .high(nil): if let throttle = files.throttle { try lift(throttle) }
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
                let done = try Reclaimer(tools.context).reclaim(
                    target.path, files.place.isLegacy ? .all : .bytes(bytes), deadline: .seconds(2))
                let freed = done.before - min(done.after, done.before)
                return done.isPartial ? .partial("\(freed) bytes less in use") : .done
            case .kill:
                _ = try Killer(tools.context).kill(target.path, grace: .zero)
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
            return post(.finished(command, .failed("no hook \(name)")))
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
                case .timedOut: .failed("it timed out")
                }
            audit(.apply, "hook", outcome: outcome.audited, note: name)
            post(.finished(command, outcome))
        }
    }
}
