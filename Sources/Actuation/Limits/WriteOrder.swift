public import CgroupModel

/// Whether a write gives more or takes some away.
public enum WriteDirection: Int, Sendable, Comparable {
    case widens, neither, narrows

    /// Compares what is there with what is wanted.
    public init(from old: LimitValue?, to new: LimitValue?) {
        guard let old, let new else {
            self = .neither
            return
        }
        self = new.isWider(than: old) ? .widens : old.isWider(than: new) ? .narrows : .neither
    }

    /// Widening first.
    public static func < (left: WriteDirection, right: WriteDirection) -> Bool {
        left.rawValue < right.rawValue
    }
}

/// Where a write stands among others.
///
/// One rule serves parents and children, memory and memory-with-swap, quota and burst: the kernel
/// wants the outer one never to be narrower than the inner one. So first all is widened, the outer
/// ones before the inner ones, and then narrowed, the inner ones before the outer ones.
struct WriteOrder: Comparable {
    let direction: WriteDirection
    let depth: Int
    let nesting: Int

    static func < (left: WriteOrder, right: WriteOrder) -> Bool {
        guard left.direction == right.direction else { return left.direction < right.direction }
        let inward = (left.depth, left.nesting) < (right.depth, right.nesting)
        let outward = (right.depth, right.nesting) < (left.depth, left.nesting)
        return left.direction == .narrows ? outward : inward
    }
}

extension Sequence {
    /// The elements in the order in which they are written; equal ones keep theirs.
    func ordered(by order: (Element) -> WriteOrder) -> [Element] {
        let keyed = enumerated().map { (index: $0.offset, order: order($0.element), $0.element) }
        return keyed.sorted { left, right in
            left.order < right.order || (!(right.order < left.order) && left.index < right.index)
        }.map { $0.2 }
    }
}
