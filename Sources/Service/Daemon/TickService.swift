import CgroupModel
import Hierarchy
import KernelIO
import Logging

/// Samples at a fixed pace, and passes each sample to the policy and the recording.
struct TickService: Sendable {
    let sampler: Sampler
    let warden: Warden
    let recorder: Recorder?
    let numbers: WardenNumbers
    /// The number of ticks; nil for no end.
    let most: Int?
    let logger: Logger
    /// Called with every sample.
    let onSample: @Sendable (Snapshot) -> Void

    /// The longest interval between watchdog notifications, however rare the ticks are.
    private static let longestSilence = Duration.seconds(5)

    /// Ticks until the task is canceled or the number of ticks is reached.
    ///
    /// A tick that takes longer than the interval is completed. Ticks missed meanwhile are skipped.
    func run() async throws {
        let clock = ContinuousClock()
        var cadence = Cadence(clock.now)
        var count = 0
        var canRecord = true
        while !Task.isCancelled {
            // The policy may have been reloaded.
            await sampler.setCostlyMultiple(warden.costlyMultiple)
            let snapshot = await sampler.sample()
            logger.debug(
                "sampled \(snapshot.cgroups.count) cgroups, \(snapshot.health.filesRead) files so far"
            )
            onSample(snapshot)
            await warden.take(snapshot)
            if canRecord, let recorder {
                do throws(IOError) {
                    try recorder.append(snapshot)
                } catch {
                    canRecord = false
                    logger.error("recording stopped: \(error)")
                }
            }
            count += 1
            if let most, count >= most { return }
            if cadence.advance(by: await warden.interval) { numbers.noteLateTick() }
            let next = cadence.next
            // At least one notification per tick, or a daemon whose ticks are all late would seem
            // dead.
            repeat {
                try? await clock.sleep(
                    until: min(next, clock.now + Self.longestSilence), tolerance: .zero)
                ServiceNotification.alive()
            } while clock.now < next && !Task.isCancelled
        }
    }
}
