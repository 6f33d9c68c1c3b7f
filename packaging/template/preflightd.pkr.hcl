# SPDX-License-Identifier: MIT
#
# The steps for a template, of any builder: add yours as a source, and name it in "sources".
#
#   packer build -var packages=DIRECTORY -var source=192.0.2.7 .
variable "packages" {
  type        = string
  description = "The directory with the packages preflightd and preflightd-remedy."
}

variable "source" {
  type        = string
  description = "The address that the push installer comes from."
}

# For trying the steps on a machine that runs: -var host=…
variable "host" {
  type    = string
  default = "127.0.0.1"
}

source "null" "machine" {
  ssh_host                  = var.host
  ssh_username              = "root"
  ssh_agent_auth            = true
  ssh_clear_authorized_keys = true
}

build {
  sources = ["source.null.machine"]

  provisioner "file" {
    source      = "${var.packages}/"
    destination = "/var/tmp"
  }

  provisioner "shell" {
    inline = [
      "set -e",
      # It installs as well, and only one can.
      "! command -v cloud-init || cloud-init status --wait",
      "apt-get install -y /var/tmp/preflightd_*.deb /var/tmp/preflightd-remedy_*.deb",
      "rm -f /var/tmp/preflightd*",
      # What is safe is done; what is left stops the build, with every reason.
      "preflightctl fix --yes --source=${var.source} --no-pager || true",
      "preflightctl check --source=${var.source} --no-pager",
    ]
  }

  # The last step: nothing may log in or be installed behind it.
  provisioner "shell" {
    inline = [
      "/usr/share/preflightd/template/seal",
      "/usr/share/preflightd/template/seal --check",
    ]
  }
}
