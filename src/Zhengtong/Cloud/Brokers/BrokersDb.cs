using Microsoft.EntityFrameworkCore;
using Zhengtong.Cloud.Brokers;
using Zhengtong.Cloud.Model;
using Zhengtong.Kernel;

namespace Zhengtong;

internal partial class ZhengtongDb
{
    internal DbSet<ServiceBroker> ServiceBrokers => Set<ServiceBroker>();

    internal DbSet<BrokeredPlan> BrokeredPlans => Set<BrokeredPlan>();

    internal DbSet<Brokered> BrokeredThings => Set<Brokered>();

    internal DbSet<BrokerCall> BrokerCalls => Set<BrokerCall>();

    private static void ConfigureBrokers(ModelBuilder builder)
    {
        builder.Entity<ServiceBroker>(b =>
        {
            b.ToTable("service_brokers", "cloud");
            b.HasKey(x => x.Id);
            b.Property(x => x.Id).ValueGeneratedNever();
            b.Property(x => x.Name).HasMaxLength(100);
            b.HasIndex(x => x.Name).IsUnique();
            b.Property(x => x.Address).HasMaxLength(500);
            b.Property(x => x.Credentials);
            b.Property(x => x.IsOpen);
            b.Property(x => x.Catalogue).AsPlainJson();
            b.Property(x => x.Proposed).AsPlainJson();
            b.Property(x => x.ProposedDigest).HasMaxLength(64);
            b.Property(x => x.CreatedAt);
            b.Property(x => x.Revision).IsConcurrencyToken();
        });
        builder.Entity<BrokeredPlan>(p =>
        {
            p.ToTable("brokered_plans", "cloud");
            p.HasKey(x => new { x.ServiceCode, x.PlanCode });
            p.Property(x => x.ServiceCode).HasMaxLength(40);
            p.Property(x => x.PlanCode).HasMaxLength(40);
            p.HasOne<ServiceBroker>().WithMany().HasForeignKey(x => x.BrokerId).OnDelete(DeleteBehavior.Restrict);
            p.Property(x => x.OfferingId).HasMaxLength(200);
            p.Property(x => x.PlanId).HasMaxLength(200);
            p.Property(x => x.Parameters).HasMaxLength(BrokeredParameters.LongestTemplate);
        });
        builder.Entity<Brokered>(b =>
        {
            b.ToTable("brokered", "cloud");
            b.HasKey(x => x.Id);
            b.Property(x => x.Id).ValueGeneratedNever();
            b.HasOne<CloudResource>().WithMany().HasForeignKey(x => x.ResourceId).OnDelete(DeleteBehavior.Restrict);
            b.HasIndex(x => x.ResourceId);
            b.Property(x => x.InstanceOf);
            b.HasIndex(x => x.InstanceOf).IsUnique();
            b.HasOne<ServiceBroker>().WithMany().HasForeignKey(x => x.BrokerId).OnDelete(DeleteBehavior.Restrict);
            b.Property(x => x.RemoteId).HasMaxLength(Brokered.LongestRemoteId);
            b.Property(x => x.OfferingId).HasMaxLength(200);
            b.Property(x => x.PlanId).HasMaxLength(200);
            b.Property(x => x.NextPlanId).HasMaxLength(200);
            b.Property(x => x.Parameters).HasMaxLength(BrokeredParameters.Longest);
            b.Property(x => x.Ordered).HasMaxLength(64);
            b.Property(x => x.Phase);
            b.Property(x => x.Operation).HasMaxLength(Brokered.LongestOperation);
            b.Property(x => x.AwaitedUntil);
            b.Property(x => x.IsUnsure);
            b.Property(x => x.IsOrphan);
            b.Property(x => x.IsAdopted);
            b.Property(x => x.IsEnding);
            b.Property(x => x.Attempts);
            b.Property(x => x.Problem).HasMaxLength(CloudResource.LongestProblem);
            b.Property(x => x.Dashboard).HasMaxLength(500);
            b.Property(x => x.Credentials);
            b.Property(x => x.CreatedAt);
            b.Property(x => x.Revision).IsConcurrencyToken();
        });
        builder.Entity<BrokerCall>(c =>
        {
            c.ToTable("broker_calls", "cloud");
            c.HasKey(x => x.Id);
            c.Property(x => x.Id).ValueGeneratedNever();
            c.HasOne<Brokered>().WithMany().HasForeignKey(x => x.BrokeredId).OnDelete(DeleteBehavior.Restrict);
            c.HasIndex(x => new { x.BrokeredId, x.At });
            c.Property(x => x.Act);
            c.Property(x => x.RemoteId).HasMaxLength(Brokered.LongestRemoteId);
            c.Property(x => x.IsMitigation);
            c.Property(x => x.At);
            c.Property(x => x.AnsweredAt);
            c.Property(x => x.Status);
            c.Property(x => x.Verdict).HasMaxLength(40);
        });
    }
}
