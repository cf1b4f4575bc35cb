using System.ComponentModel.DataAnnotations;
using Zhengtong.Exchange.Reconciliations;

namespace Zhengtong.Exchange.Nodes;

/// <summary>What a node is asked for a reconciliation.</summary>
/// <param name="Id">The question.</param>
/// <param name="Reconciliation">Of which reconciliation.</param>
/// <param name="Delivery">Of which delivery.</param>
/// <param name="Role">Which side the node is.</param>
/// <param name="Kind">What is asked.</param>
/// <param name="Sequence">Of the last batch that both sides hold; null in the first question, which the provider's node answers with it.</param>
/// <param name="Salt">Base64 salt of all digests; null where only the nodes know it.</param>
/// <param name="Sealed">The salt from the provider's node; null where the platform knows it, and for that node itself.</param>
/// <param name="Leaves">Base64, one bit a range: the ranges whose rows are asked for.</param>
/// <param name="LeftOut">Base64, 16 bytes each: digests of the keys of rows that are no differences; for the consumer's node.</param>
/// <param name="Document">The statement to sign.</param>
/// <param name="Differences">With it the rows that differ, by the digests of their keys, at most 1,000; the node alone can name them.</param>
internal sealed record NodeComparisonQuestion(
    Guid Id, Guid Reconciliation, Guid Delivery, NodeRole Role, PassKind Kind, long? Sequence, string? Salt, SealedSalt? Sealed, string? Leaves, string? LeftOut, string? Document,
    IReadOnlyList<Difference>? Differences);

/// <summary>Which rows a repair sends again.</summary>
/// <param name="Keys">Base64, 16 bytes each: digests of their keys under the salt of the reconciliation.</param>
internal sealed record NodeRepair(string Keys);

/// <summary>That every row of a repair is handed in.</summary>
/// <param name="Reconciliation">Whose differences were repaired.</param>
/// <param name="Before">Sequence before its first batch.</param>
/// <param name="Last">Sequence of its last batch; the same as <paramref name="Before"/> when no row was left to send.</param>
public sealed record NodeRepairedRequest(Guid Reconciliation, [Range(0, long.MaxValue)] long Before, [Range(0, long.MaxValue)] long Last);
