import CgroupModel

/// Rounds amounts to values that a person would write, mostly by at most 1/40.
package enum WrittenSteps {
    private static let mebibyte: UInt64 = 1 << 20

    /// Rounds bytes up to steps of 1 to 50 MiB below 4 GiB, and of tenths of a GiB above.
    static func bytes(_ amount: Double) -> UInt64 {
        let size = amount / Double(mebibyte)
        guard size >= 4096 else {
            let step = [1, 2, 5, 10, 20, 50].last { Double($0) <= size / 40 } ?? 1
            return up(amount, to: UInt64(step) * mebibyte)
        }
        let tenths = size / 1024 * 10
        let step = [1, 5, 10, 50, 100, 500].last { Double($0) <= tenths / 40 } ?? 1
        return gibibytes(tenths: up(min(tenths, 1e9), to: UInt64(step)))
    }

    /// Returns the text of an amount of bytes: `480MiB`, `4.1GiB`.
    package static func text(ofBytes amount: UInt64) -> String {
        let tenths = UInt64((Double(amount) / Double(1 << 30) * 10).rounded(.up))
        guard (4 << 30..<1 << 50).contains(amount), tenths % 10 != 0,
            gibibytes(tenths: tenths) == amount
        else {
            return LimitValue.number(amount).byteText
        }
        return "\(tenths / 10).\(tenths % 10)GiB"
    }

    /// The bytes of `4.1GiB`, which the parser of limits rounds down.
    private static func gibibytes(tenths: UInt64) -> UInt64 { tenths * (1 << 30) / 10 }

    /// Rounds millionths of a CPU up to 0.01 CPUs below 0.4, 0.02 below 2, 0.05 below 8, else 0.2.
    static func cpus(_ amount: Double) -> UInt64 {
        let step: UInt64 =
            amount < 400_000
            ? 10_000 : amount < 2_000_000 ? 20_000 : amount < 8e6 ? 50_000 : 200_000
        return up(amount, to: step)
    }

    /// Rounds a rate up to a multiple of 1, 2 or 5 times a power of ten.
    static func rate(_ amount: Double) -> UInt64 {
        var step: UInt64 = 1
        while Double(step) * 400 < amount, step < 1 << 60 { step *= 10 }
        let finer = [step, 2 * step, 5 * step].last { Double($0) * 40 <= amount } ?? step
        return up(amount, to: finer)
    }

    /// Rounds a number of tasks up to tens, and above 1000 to hundreds.
    static func tasks(_ count: UInt64) -> UInt64 {
        up(Double(count), to: count <= 1000 ? 10 : 100)
    }

    /// Rounds a weight to the nearest multiple of 1, 5, 10 or 100, depending on its size.
    static func weight(_ weight: Double) -> UInt64 {
        let step: UInt64 = weight < 20 ? 1 : weight < 100 ? 5 : weight < 1000 ? 10 : 100
        let count = (weight / Double(step)).rounded()
        return min(max(min(UInt64(saturating: count), 10_000) * step, 1), 10_000)
    }

    private static func up(_ amount: Double, to step: UInt64) -> UInt64 {
        let count = UInt64(saturating: (amount / Double(step)).rounded(.up))
        let (product, overflow) = count.multipliedReportingOverflow(by: step)
        return overflow ? .max : product
    }
}
