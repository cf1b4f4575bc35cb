using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel.Mail;

namespace Zhengtong;

internal partial class ZhengtongDb
{
    internal DbSet<OutgoingMail> OutgoingMails => Set<OutgoingMail>();

    private static void ConfigureMail(ModelBuilder builder) => builder.Entity<OutgoingMail>(m =>
    {
        m.ToTable("outgoing_mails", "kernel");
        m.HasKey(x => x.Id);
        m.Property(x => x.Id).ValueGeneratedNever();
        m.Property(x => x.Kind).HasMaxLength(60);
        m.Property(x => x.AddressMark).HasMaxLength(32);
        m.HasIndex(x => new { x.AddressMark, x.At });
        m.Property(x => x.Content);
        m.Property(x => x.At);
        m.Property(x => x.State);
        m.Property(x => x.Attempts);
        m.Property(x => x.NextAt);
        m.HasIndex(x => new { x.State, x.NextAt });
        m.Property(x => x.LastResult).HasMaxLength(40);
        m.Property(x => x.EndedAt);
        m.HasIndex(x => x.EndedAt);
        m.Property(x => x.Revision).IsConcurrencyToken();
    });
}
