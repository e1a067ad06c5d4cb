import Foundation
import FuzzTargets
import TestSupport
import Testing

/// A few seconds of what `make fuzz` does for as long as one likes: every input to begin with, its
/// truncations, and changes that are the same in every run.
@Suite struct CorpusTests {
    private static let corpus = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "Fuzz/Corpus")

    private static func inputs(_ target: FuzzTarget) throws -> [[UInt8]] {
        let folder = corpus.appending(path: target.name)
        let files = (try? FileManager.default.contentsOfDirectory(atPath: folder.path())) ?? []
        return try files.sorted().map { [UInt8](try Data(contentsOf: folder.appending(path: $0))) }
            + target.seeds()
    }

    @Test func everyFuzzTargetHasACorpus() throws {
        let folders = try FileManager.default.contentsOfDirectory(atPath: Self.corpus.path())
        let names = FuzzTarget.all.map(\.name)
        #expect(Set(folders).subtracting(names).isEmpty)
        for target in FuzzTarget.all {
            #expect(!(try Self.inputs(target)).isEmpty, "\(target.name)")
        }
    }

    @Test(arguments: FuzzTarget.all.map(\.name))
    func corpusInputsDoNotCrash(name: String) async throws {
        let target = try #require(FuzzTarget.all.first { $0.name == name })
        var noise = SeededNoise(seed: 7)
        let end = ContinuousClock.now + .seconds(2)
        for input in try Self.inputs(target) {
            try await target.feed(input)
            for cut in stride(from: 0, to: input.count, by: max(1, input.count / 16)) {
                try await target.feed(Array(input.prefix(cut)))
            }
            for _ in 0..<16 where ContinuousClock.now < end {
                try await target.feed(noise.spoil(input))
            }
        }
    }
}
