import Basics
import Posix

/// One output's place among those that are made together, because they want the same decoded.
///
/// Each output is made by a thread of its own, which has a seat of its own.
package struct Seat: Sendable {
  let number: Int
  let pictures: SharedWork<PictureEncoding, EncodedChunk>
  let mixes: SharedWork<MixWork, MixPart>

  /// Seats for so many outputs, each of which a thread must be ready to make.
  package static func row(of count: Int) -> [Seat] {
    let pictures = SharedWork<PictureEncoding, EncodedChunk>(count: count)
    let mixes = SharedWork<MixWork, MixPart>(count: count)
    return (0..<count).map { Seat(number: $0, pictures: pictures, mixes: mixes) }
  }

  /// Tells the others not to wait for this output; to be called whenever its making has ended.
  package func leave() {
    pictures.leave(number)
    mixes.leave(number)
  }
}

/// Parts of several outputs that are made together, so that what they have in common is done once.
///
/// When every seat has joined or was left, the first that joined has the parts made for all that are
/// alike, and hands to each what is its. The slowest sets the pace; who fails leaves, and the others
/// go on.
final class SharedWork<Member: Sendable, Part: Sendable>: Sendable {
  private struct State {
    /// Seats of which nobody knows yet whether they join.
    var undecided: Set<Int>
    var joined: [Int: Member] = [:]
    var left: Set<Int> = []
    /// Parts that wait to be taken.
    var waiting: [Int: [Result<Part, Failure>]] = [:]
    /// No more will come.
    var isOver = false
  }

  private let state: Monitor<State>

  init(count: Int) { state = Monitor(State(undecided: Set(0..<count))) }

  func leave(_ seat: Int) {
    state.with {
      $0.undecided.remove(seat)
      $0.left.insert(seat)
      $0.waiting[seat] = nil
    }
  }

  /// Has all parts of an output made, together with those of others that are alike.
  ///
  /// `count`: how many parts each of those has.
  /// `feed` and `ahead` are those of `Parallel`.
  /// `make`: makes one part of each of several outputs.
  /// `take`: receives the parts of this output in order.
  ///
  /// Gives the output that went ahead, where that is another one.
  func run<Input: Sendable>(
    _ member: Member, seat: Int, isAlike: (Member, Member) -> Bool, count: Int,
    ahead: Int? = nil, _ parallel: Parallel,
    feed: @escaping @Sendable (Int) throws(Failure) -> Input,
    make: @escaping @Sendable ([Member], Int, Input) -> [Result<Part, Failure>],
    take: (Int, Part) throws(Failure) -> Void
  ) throws(Failure) -> Member? {
    let joined = join(seat, member)
    guard let first = joined.keys.min(), let leader = joined[first], isAlike(leader, member) else {
      return try SharedWork(count: 1).run(
        member, seat: 0, isAlike: { _, _ in true }, count: count, ahead: ahead, parallel,
        feed: feed, make: make, take: take)
    }
    guard first == seat else {
      for index in 0..<count {
        guard let part = next(for: seat) else {
          throw Failure("work", cannot: "share", "what it is made together with ended", .software)
        }
        try take(index, try part.get())
      }
      return leader
    }
    let alike = joined.filter { isAlike(member, $0.value) }.sorted { $0.key < $1.key }
    defer { state.with { $0.isOver = true } }
    var failure: Failure?
    try parallel.ordered(
      count, ahead: ahead, feed: feed,
      make: { [self] (index, input) throws(Failure) -> [(seat: Int, part: Result<Part, Failure>)] in
        let present = alike.filter { isPresent($0.key) }
        return zip(present, make(present.map(\.value), index, input)).map { ($0.key, $1) }
      },
      take: { (index, made) throws(Failure) in
        for (other, part) in made where other != seat { hand(part, to: other) }
        guard failure == nil, let part = made.first(where: { $0.seat == seat })?.part else {
          return
        }
        do throws(Failure) {
          try take(index, try part.get())
        } catch {
          failure = error
          leave(seat)
        }
        // Nobody is there for whom the rest would be made.
        if let failure, !alike.contains(where: { isPresent($0.key) }) { throw failure }
      })
    if let failure { throw failure }
    return nil
  }

  /// Waits until all have decided, and gives who joined.
  private func join(_ seat: Int, _ member: Member) -> [Int: Member] {
    state.with {
      $0.undecided.remove(seat)
      $0.joined[seat] = member
    }
    return state.wait { $0.undecided.isEmpty ? $0.joined : nil } ?? [:]
  }

  private func isPresent(_ seat: Int) -> Bool { state.with { !$0.left.contains(seat) } }

  /// Waits for room, as not more than two parts of an output wait.
  private func hand(_ part: Result<Part, Failure>, to seat: Int) {
    _ = state.wait { state -> Bool? in
      if state.left.contains(seat) { return false }
      guard state.waiting[seat, default: []].count < 2 else { return nil }
      state.waiting[seat, default: []].append(part)
      return true
    }
  }

  private func next(for seat: Int) -> Result<Part, Failure>? {
    state.wait { state -> Result<Part, Failure>?? in
      if let first = state.waiting[seat]?.first {
        state.waiting[seat]?.removeFirst()
        return .some(first)
      }
      return state.isOver ? .some(nil) : nil
    } ?? nil
  }
}
