#Requires -Version 5.1
#Requires -Modules Hyper-V
#
# Deleting the checkpoint makes Hyper-V merge disks/web_2.avhdx into disks/web_1.avhdx: it reads 1.1 MiB and writes 1.0 MiB, the surviving file grows by 0 B, and 5.0 MiB come free.
# Made by vhdxray (version) and never carried out by it.
# Fingerprint of the plan: sha256 (hash)
# Without -Execute nothing is changed: every step only says what it would do.

[CmdletBinding()]
param(
    [switch]$Execute
)
Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'
$WhatIf = -not $Execute

function Assert-PlanFact {
    param(
        [bool]$Condition,
        [string]$Message
    )
    if ($Condition) {
        return
    }
    if ($Execute) {
        throw $Message
    }
    Write-Warning -Message $Message
}

$Disk1 = 'D:\VMs\disks\web_2.avhdx'
$Disk2 = 'D:\VMs\disks\web_1.avhdx'
$Disk3 = 'D:\VMs\disks\web.vhdx'

# 1. See that nothing has changed since the plan was made
#    Then: Every file has the length that it had. vhdxray verify, with this plan as JSON, compares everything that the plan rests on.
#    The way back: Nothing was changed.
Write-Output -InputObject '1. See that nothing has changed since the plan was made'
Assert-PlanFact -Condition ((Get-Item -LiteralPath $Disk1).Length -eq 5242880) -Message 'D:\VMs\disks\web_2.avhdx has another length than when the plan was made. Plan again.'
Assert-PlanFact -Condition ((Get-Item -LiteralPath $Disk2).Length -eq 5242880) -Message 'D:\VMs\disks\web_1.avhdx has another length than when the plan was made. Plan again.'
Assert-PlanFact -Condition ((Get-Item -LiteralPath $Disk3).Length -eq 5242880) -Message 'D:\VMs\disks\web.vhdx has another length than when the plan was made. Plan again.'

# 2. Make a checkpoint of machine "web"
#    Then: The machine has one checkpoint more. None accounts for these files, and deleting one makes Hyper-V look for all that it has to merge.
#    The way back: Delete it again, which is the next step.
Write-Output -InputObject '2. Make a checkpoint of machine "web"'
Checkpoint-VM -VM (Get-VM -Id '5f1c2a70-0000-4000-8000-0000000000aa') -SnapshotName 'vhdxray consolidation' -WhatIf:$WhatIf

# 3. Delete it again
#    Then: Hyper-V starts to merge.
#    The way back: The merge goes on by itself; only a copy of the files takes it back: make one, or see that a backup of the machine can be restored, first.
Write-Output -InputObject '3. Delete it again'
Get-VMSnapshot -VM (Get-VM -Id '5f1c2a70-0000-4000-8000-0000000000aa') | Where-Object -Property Name -EQ -Value 'vhdxray consolidation' | Remove-VMSnapshot -WhatIf:$WhatIf

# 4. Wait until Hyper-V has merged
#    Then: The merged files are gone, and the machine's drive names the survivor.
#    The way back: The merge goes on by itself, also after a restart of the host; nothing is to be deleted by hand.
Write-Output -InputObject '4. Wait until Hyper-V has merged'
if ($Execute) {
    $Deadline = (Get-Date).AddDays(2)
    while ((Test-Path -LiteralPath $Disk1) -and ((Get-Date) -lt $Deadline)) {
        Start-Sleep -Seconds 10
    }
    Assert-PlanFact -Condition (-not (Test-Path -LiteralPath $Disk1)) -Message 'D:\VMs\disks\web_2.avhdx is still there. Let the merge end; delete nothing.'
}
