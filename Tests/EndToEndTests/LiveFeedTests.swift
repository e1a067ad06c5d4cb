import CgroupModel
import Foundation
import Hierarchy
import Service
import Synchronization
import TestSupport
import Testing

@testable import cgwarden

/// What the live view shows before its first frame.
@Suite struct LiveFeedTests {
    /// Blocks a thread until it is opened.
    private final class Gate: Sendable {
        private let isOpen = Mutex(false)

        func open() { isOpen.withLock { $0 = true } }

        func pass() { while !isOpen.withLock({ $0 }) { Thread.sleep(forTimeInterval: 0.001) } }
    }

    /// Frames of which the first takes until it is released.
    private final class SlowFrames: FrameSource {
        let title = "slow"
        private let releases = AsyncStream<Void>.makeStream()

        func release() { releases.continuation.finish() }

        private func snapshot(_ tick: UInt64) -> Snapshot {
            var builder = SnapshotBuilder()
            builder.tick = tick
            builder.add("/job", [:])
            return builder.build()
        }

        func listing() async -> Snapshot? { snapshot(0) }

        func next(interval: Double) async -> Snapshot? {
            for await _ in releases.stream {}
            return snapshot(1)
        }
    }

    /// Polls as the screen does, until a snapshot with this tick is shown.
    private static func tick(_ tick: UInt64, of source: LiveSource) async throws {
        while source.latest()?.tick != tick { try await Task.sleep(for: .milliseconds(1)) }
    }

    @Test(.timeLimit(.minutes(2))) func listingIsShownWhileTheFirstFrameIsTaken() async throws {
        let frames = SlowFrames()
        let source = LiveSource(remote: frames)
        try await Self.tick(0, of: source)
        #expect(source.latest()?.isListing == true)
        #expect(source.frameCount == 0 && source.snapshot(back: 0) == nil, "it is no sample")
        frames.release()
        try await Self.tick(1, of: source)
        #expect(source.frameCount == 1)
    }

    @Test(.timeLimit(.minutes(2))) func slowHistoryDelaysNeitherTheListingNorTheTitle() async throws
    {
        let tree = try CapturedTree("v2-6.1")
        let observation = try Observation(tree.system, metrics: [.memoryUsage])
        let own = OwnFrames(observation)
        let gate = Gate()
        let frames = DaemonFrames(SampleScope(), interval: 1, isRequired: false, own: own) {
            gate.pass()
            return nil
        }
        let listing = try #require(await frames.listing())
        #expect(listing.isListing)
        #expect(frames.title == own.title)
        gate.open()
        let first = try #require(await frames.next(interval: 1))
        #expect(first.tick == 1)
        #expect(first.cgroups == listing.cgroups)
        await #expect(throws: (any Error).self) { try await frames.require() }
    }
}
