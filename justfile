# Every command a newcomer needs; each also stands in CONTRIBUTING.md or does what its name says.
default:
    @just --list

build:
    dotnet build Zhengtong.slnx -c Release --nologo

test *words:
    ./test {{words}}

fmt:
    dotnet format Zhengtong.slnx --exclude src/Zhengtong/Migrations

run *flags:
    ./run {{flags}}

# Adds a migration to both databases
db-add name:
    tools/migrations add {{name}}

# Starting migrates: --data DIR or --database CONNECTION; stop it with Ctrl-C when it says that it is ready
db-update *flags:
    dotnet run --project src/Zhengtong -c Release -- serve {{flags}}

accept-schema:
    tools/accept-schema
