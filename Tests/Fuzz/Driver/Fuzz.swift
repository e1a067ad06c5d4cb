import CFuzzer
import Dispatch
import Foundation
import FuzzTargets
import Synchronization

/// `fuzz TARGET FOLDER [OPTION…]`: feeds a target with what libFuzzer makes of the folder's files.
@main enum Fuzz {
    private static let target = Mutex<FuzzTarget?>(nil)

    static func main() throws {
        let arguments = CommandLine.arguments
        guard arguments.count > 2,
            let chosen = FuzzTarget.all.first(where: { $0.name == arguments[1] })
        else {
            print(FuzzTarget.all.map(\.name).joined(separator: "\n"))
            exit(arguments.count == 2 && arguments[1] == "--list" ? 0 : 64)
        }
        target.withLock { $0 = chosen }
        for (number, seed) in chosen.seeds().enumerated() {
            try Data(seed).write(to: URL(filePath: "\(arguments[2])/seed-\(number)"))
        }
        var words = unsafe ([arguments[0]] + arguments.dropFirst(2)).map { unsafe strdup($0) }
        var count = unsafe Int32(words.count)
        unsafe words.append(nil)
        let code = unsafe words.withUnsafeMutableBufferPointer { buffer in
            var start = buffer.baseAddress
            return unsafe LLVMFuzzerRunDriver(&count, &start) { bytes, count in
                Fuzz.feed(unsafe Array(UnsafeBufferPointer(start: bytes, count: count)))
                return 0
            }
        }
        exit(code)
    }

    private static func feed(_ bytes: [UInt8]) {
        guard let target = target.withLock({ $0 }) else { return }
        switch target.body {
        case .plain(let check): tell { try check(bytes) }
        case .waiting(let check):
            let done = DispatchSemaphore(value: 0)
            Task {
                do { try await check(bytes) } catch { fatalError("\(error)") }
                done.signal()
            }
            done.wait()
        }
    }

    private static func tell(_ check: () throws -> Void) {
        do { try check() } catch { fatalError("\(error)") }
    }
}
