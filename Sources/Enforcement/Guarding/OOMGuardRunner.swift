package import Actuation
package import CgroupModel
internal import KernelIO
package import Policy
package import PolicyLanguage
internal import Synchronization

/// Guards cgroups at their memory limits, on one thread that waits for kernel events.
///
/// A daemon creates one runner. It calls ``arm(_:hooks:on:otherLayers:)`` for each cgroup that
/// matches a guard of the policy. It calls ``disarm(_:)`` when a cgroup no longer matches, and
/// after a reload for the cgroups whose guard changed. It calls ``stop()`` at a clean shutdown.
/// The runner does not depend on the daemon's ticks. A cgroup that crosses its threshold is frozen
/// within milliseconds and thawed at its deadline, even if the sampler is blocked.
///
/// The daemon first starts the ``GuardianLink`` and passes it as ``GuardTools/deadlines``. If this
/// process dies, the guardian thaws everything. ``GuardTools/audit`` and ``GuardTools/notices`` are
/// called from the freezing thread, so they must queue and return. A removed cgroup is dropped,
/// which ``statuses`` shows.
package final class OOMGuardRunner: Sendable {
    /// The status of a guard.
    package struct Status: Hashable, Sendable {
        /// The guard's name.
        package let name: String
        /// The cgroup.
        package let target: Effect.Target
        /// The state of the guard.
        package let state: OOMGuardMachine.State
        /// The limit and the last seen usage, in bytes.
        package let limit, usage: UInt64
        /// Whether the guard has raised the limit.
        package let isRaised: Bool
        /// The values that the guard has set.
        package let settings: [LimitKey: LimitValue]
        /// The values that the guard keeps at or below a number.
        package let bounds: [LimitKey: LimitValue]
    }

    private enum Message: Sendable {
        case arm(ActiveGuard)
        case disarm(Effect.Target, Ending)
        case otherLayers(Effect.Target, [LimitKey: LimitValue])
        case event(Effect.Target, OOMGuardEvent)
        case stop
    }

    /// A flag that is set once a cgroup is restored.
    ///
    /// It needs no descriptor, because a process without free descriptors must be able to end its
    /// guards.
    private final class Ending: Sendable {
        private let isSet = Atomic(false)

        func raise() { isSet.store(true, ordering: .releasing) }

        func wait(within time: Duration) {
            _ = Deadline(after: time).wait { isSet.load(ordering: .acquiring) }
        }
    }

    private let tools: GuardTools
    private let bell: EventFlag
    private let ended: EventFlag
    private let unfinished = Atomic(0)
    private let inbox = Mutex<[Message]>([])
    private let published = Mutex<[Status]>([])

    /// Starts the thread.
    package init(_ tools: GuardTools) throws(ActuationError) {
        self.tools = tools
        do throws(IOError) {
            bell = try EventFlag()
            ended = try EventFlag()
            try WorkerThread.start("guard") { [self] in run() }
        } catch {
            throw ActuationError(.failed, "cannot guard anything: \(error)")
        }
    }

    /// The current status of each guard.
    package var statuses: [Status] { published.withLock { $0 } }

    /// Guards a cgroup from now on, replacing its previous guard.
    ///
    /// If it throws, the cgroup is left as it was found. `hooks` are those of the policy.
    /// `otherLayers` has the values of its other layers for the cgroup.
    package func arm(
        _ guarding: OOMGuard, hooks: [Hook], on target: Effect.Target,
        otherLayers: [LimitKey: LimitValue] = [:]
    ) throws(ActuationError) {
        if let reason = tools.context.protected.refusal(of: .freeze, on: target.path)
            ?? tools.hold(target.path)
        {
            throw ActuationError(.refused, reason)
        }
        // This guard must find the same original values as the earlier one.
        disarm(target)
        let place = try GuardPlace(target.path, in: tools.context.set)
        guard place.memory.inode == target.cgroup.inode else {
            throw ActuationError(
                .notFound, "\(target.path) was replaced by another cgroup; try again")
        }
        var active = try ActiveGuard(
            guarding, hooks: hooks, on: target,
            files: GuardedFiles(guarding, at: place, otherLayers: otherLayers, tools),
            otherLayers: otherLayers,
            tools: tools, post: { [self] event in send(.event(target, event)) })
        try active.begin()
        send(.arm(active))
    }

    /// Updates the values of the policy's other layers for a guard's cgroup.
    package func updateOtherLayers(_ otherLayers: [LimitKey: LimitValue], of target: Effect.Target)
    {
        send(.otherLayers(target, otherLayers))
    }

    /// Ends the guarding of a cgroup; returns once it is restored, or after 5 s.
    package func disarm(_ target: Effect.Target) {
        let ending = Ending()
        send(.disarm(target, ending))
        ending.wait(within: .seconds(5))
    }

    /// Ends all guarding; returns once everything is restored as far as the kernel permits.
    ///
    /// Returns false after 10 s if some action is still in progress.
    @discardableResult
    package func stop() -> Bool {
        send(.stop)
        return Self.wait(for: ended, milliseconds: 10_000)
    }

    private static func wait(for flag: borrowing EventFlag, milliseconds: Int32) -> Bool {
        var list = PollList()
        list.add(flag.descriptor.number)
        list.wait(milliseconds: milliseconds)
        return list.hasNews(0..<1)
    }

    private func send(_ message: Message) {
        inbox.withLock { $0.append(message) }
        bell.raise()
    }

    // MARK: - The thread

    private func run() {
        // Runs at high priority: a fast allocator can starve this thread.
        SurvivalMode.hurryThread()
        var guards: [ActiveGuard] = []
        var list = PollList()
        while true {
            var ranges: [Range<Int>] = []
            list.removeAll()
            list.add(bell.descriptor.number)
            for active in guards {
                let start = list.count
                active.add(to: &list)
                ranges.append(start..<list.count)
            }
            list.wait(milliseconds: wait(for: guards))
            bell.lower()
            for index in guards.indices {
                let now = PolicyInstant.now
                if list.hasNews(ranges[index]) || now >= guards[index].due {
                    guards[index].look(now)
                }
            }
            guard read(&guards) else { break }
            for index in guards.indices.reversed() where guards[index].machine.state == .ended {
                var active = guards.remove(at: index)
                active.finish {}
            }
            publish(guards)
        }
        publish([])
        unfinished.store(guards.count + 1, ordering: .relaxed)
        for active in guards {
            var active = active
            active.finish { [self] in leave() }
        }
        leave()
    }

    /// Counts a finished guard; the last one signals the end.
    private func leave() {
        let left = unfinished.wrappingSubtract(1, ordering: .acquiringAndReleasing).newValue
        if left == 0 { ended.raise() }
    }

    private func wait(for guards: [ActiveGuard]) -> Int32? {
        let now = PolicyInstant.now
        return guards.map(\.due).min().map { due in
            let left = due.since(now)
            guard left > .zero else { return 0 }
            return Int32(clamping: left.milliseconds + 1)
        }
    }

    /// Handles the messages; false for a stop.
    private func read(_ guards: inout [ActiveGuard]) -> Bool {
        let messages = inbox.withLock { inbox in
            defer { inbox = [] }
            return inbox
        }
        var goesOn = true
        for message in messages {
            switch message {
            case .arm(let active): guards.append(active)
            case .disarm(let target, let ending):
                guard let index = guards.firstIndex(where: { $0.target == target }) else {
                    ending.raise()
                    break
                }
                var active = guards.remove(at: index)
                publish(guards)
                active.finish { ending.raise() }
            case .otherLayers(let target, let otherLayers):
                guard let index = guards.firstIndex(where: { $0.target == target }) else { break }
                guards[index].take(otherLayers: otherLayers)
            case .event(let target, let event):
                guard let index = guards.firstIndex(where: { $0.target == target }) else { break }
                let now = PolicyInstant.now
                // Observe the cgroup first: the action that the event reports may have changed it.
                guards[index].look(now)
                guards[index].handle(event, now)
            case .stop: goesOn = false
            }
        }
        return goesOn
    }

    private func publish(_ guards: [ActiveGuard]) {
        let statuses = guards.map { active in
            Status(
                name: active.guarding.name, target: active.target, state: active.machine.state,
                limit: active.machine.limit, usage: active.machine.seen.usage,
                isRaised: active.machine.isRaised,
                settings: active.settings, bounds: active.bounds)
        }
        published.withLock { $0 = statuses }
    }
}
