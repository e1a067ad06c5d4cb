package import CgroupModel

/// Whether a write raises or lowers a limit.
package enum WriteDirection: Int, Sendable, Comparable {
    case widens, neither, narrows

    /// Compares the current value with the requested one; `neither` if one of them is unknown.
    package init(from old: LimitValue?, to new: LimitValue?) {
        guard let old, let new else {
            self = .neither
            return
        }
        self = new.isWider(than: old) ? .widens : old.isWider(than: new) ? .narrows : .neither
    }

    /// Orders widening writes first.
    package static func < (left: WriteDirection, right: WriteDirection) -> Bool {
        left.rawValue < right.rawValue
    }
}

/// The position of a write in a plan.
///
/// One rule serves parents and children, memory and memory-with-swap, quota and burst: the outer
/// value must never be narrower than the inner one. Therefore all widening writes come first, outer
/// before inner. The narrowing ones follow, inner before outer.
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
    /// Sorts the elements into write order; equal ones keep their order.
    func ordered(by order: (Element) -> WriteOrder) -> [Element] {
        let keyed = enumerated().map { (index: $0.offset, order: order($0.element), $0.element) }
        return keyed.sorted { left, right in
            left.order < right.order || (!(right.order < left.order) && left.index < right.index)
        }.map { $0.2 }
    }
}
