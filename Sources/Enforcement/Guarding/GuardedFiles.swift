internal import Actuation
internal import CgroupModel
internal import KernelIO
internal import Policy
internal import PolicyLanguage

/// The open files of one guarded cgroup.
final class GuardedFiles: Sendable {
    let place: GuardPlace
    let freezer: FreezeSwitch
    let limits: GuardLimits
    /// The control of the OOM killer (v1); nil on v2.
    let killer: OOMControl?
    /// The throttling threshold (v2); nil on v1.
    let throttle: ThrottlePoint?
    /// The key of the value that ``throttle`` writes.
    static let high = LimitKey("memory.high")
    private let usage: KeptFile
    private let events: KeptFile?
    private let pressure: KeptFile?
    private let notices: [MemoryNotice]
    private let trigger: PressureTrigger?

    /// Opens the files; `otherLayers` has the values of the policy's other layers.
    init(
        _ guarding: OOMGuard, at place: GuardPlace, otherLayers: [LimitKey: LimitValue],
        _ tools: GuardTools
    ) throws(ActuationError) {
        self.place = place
        limits = try GuardLimits(guarding, at: place, tools)
        freezer = try FreezeSwitch(place.freezer, journal: tools.context.journal)
        let memory = place.memory
        do throws(IOError) {
            let isLegacy = place.isLegacy
            usage = try memory.keep(isLegacy ? "memory.usage_in_bytes" : "memory.current")
            events = isLegacy ? nil : try memory.keep("memory.events")
        } catch {
            throw ActuationError(.unavailable, "cannot guard \(place.path): \(error)")
        }
        guard place.isLegacy else {
            killer = nil
            notices = []
            // Without PSI, the other wakeups and the regular checks must suffice.
            trigger = try? PressureTrigger(of: memory)
            pressure = try? memory.keep("memory.pressure")
            throttle = try ThrottlePoint(
                memory, otherLayers: otherLayers[Self.high], files: tools.context.files,
                journal: tools.context.journal)
            return
        }
        killer = try OOMControl(memory, journal: tools.context.journal)
        throttle = nil
        trigger = nil
        pressure = nil
        let outOfMemory = try MemoryNotice(.outOfMemory, of: memory)
        // Some kernels do not support pressure levels.
        let pressing = try? MemoryNotice(.criticalPressure, of: memory)
        notices = [outOfMemory] + (pressing.map { [$0] } ?? [])
    }

    /// Adds the descriptors that wake a guard, except v1's thresholds.
    func add(to list: inout PollList) {
        for notice in notices { list.add(notice.flag.descriptor.number) }
        if let events { list.add(events.descriptor.number, for: .notice) }
        if let trigger { list.add(trigger.descriptor.number, for: .notice) }
        if let state = freezer.pollableState { list.add(state.descriptor.number, for: .notice) }
    }

    /// Clears the wakeups; several at once count as one.
    func acknowledge() {
        for notice in notices { notice.flag.lower() }
        _ = try? events?.text()
        _ = try? freezer.pollableState?.text()
    }

    /// Returns the bytes in use; throws if the cgroup is gone.
    func bytesInUse() throws(IOError) -> UInt64 { try usage.number() }

    /// Returns the signs of a live-lock above `memory.high` (v2); nil on v1 or if unreadable.
    func highSample(usage: UInt64) -> HighWatcher.Sample? {
        guard let events, let high = try? events.number(of: "high") else { return nil }
        return HighWatcher.Sample(
            usage: usage, highEvents: high, fullPressure: (try? pressure?.text()).flatMap(Self.full)
        )
    }

    /// Returns `full avg10` of a pressure file.
    static func full(_ text: String) -> Double? {
        Double(ControlCell("memory.pressure", line: "full", field: "avg10").value(in: text))
    }
}
