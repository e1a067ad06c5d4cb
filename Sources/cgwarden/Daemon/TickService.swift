import CgroupModel
import Hierarchy
import KernelIO
import Logging

/// Samples at a fixed pace, and gives each sample to the policy and the recording.
struct TickService: Sendable {
    let sampler: Sampler
    let warden: Warden
    let recorder: Recorder?
    let numbers: WardenNumbers
    /// How many ticks there are; nil for no end.
    let most: Int?
    let logger: Logger
    /// Is shown every sample.
    let onSample: @Sendable (Snapshot) -> Void

    /// How often the service manager hears that all is well, however rare the ticks are.
    private static let longestSilence = Duration.seconds(5)

    /// Ticks until the task is cancelled, or until there were enough.
    ///
    /// A tick that takes longer than the interval is finished; those missed meanwhile are not made
    /// up for.
    func run() async throws {
        let clock = ContinuousClock()
        var cadence = Cadence(clock.now)
        var count = 0
        var canRecord = true
        while !Task.isCancelled {
            // Another policy may have come.
            await sampler.setCostlyMultiple(warden.costlyMultiple)
            let snapshot = await sampler.sample()
            onSample(snapshot)
            await warden.take(snapshot)
            if canRecord, let recorder {
                do throws(IOError) {
                    try recorder.append(snapshot)
                } catch {
                    canRecord = false
                    logger.error("nothing is recorded any more: \(error)")
                }
            }
            count += 1
            if let most, count >= most { return }
            if cadence.advance(by: await warden.interval) { numbers.noteLateTick() }
            let next = cadence.next
            // At least once, or one whose ticks are all late would seem dead.
            repeat {
                try? await clock.sleep(
                    until: min(next, clock.now + Self.longestSilence), tolerance: .zero)
                ServiceNotification.alive()
            } while clock.now < next && !Task.isCancelled
        }
    }
}
